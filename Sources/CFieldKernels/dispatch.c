// Chooses the kernels by what the CPU can do, at run time.
#include "field_plan.h"

static const fk_backend *const backends[] = {
    &fk_portable_backend,
#if defined(__x86_64__)
    &fk_avx2_backend,
    &fk_avx512_backend,
#endif
};

enum { backend_count = sizeof backends / sizeof backends[0] };

const fk_backend *fk_backend_at(int32_t index) {
  return index >= 0 && index < backend_count ? backends[index] : NULL;
}

const char *fk_backend_name(const fk_backend *backend) { return backend->name; }

int32_t fk_backend_runs_here(const fk_backend *backend) { return backend->runs_here(); }

void fk_forward(const fk_backend *backend, const fk_field *field, const float *packed, size_t count,
                fk_inputs inputs, fk_outputs outputs) {
  const fk_plan plan = fk_make_plan(field);
  backend->forward(&plan, packed, count, inputs, outputs, NULL);
}

void fk_forward_storing(const fk_backend *backend, const fk_field *field, const float *packed,
                        size_t count, fk_inputs inputs, fk_outputs outputs, float *activations) {
  const fk_plan plan = fk_make_plan(field);
  backend->forward(&plan, packed, count, inputs, outputs, activations);
}

void fk_backward(const fk_backend *backend, const fk_field *field, const float *packed, size_t count,
                 const float *activations, fk_outputs outputs, fk_outputs output_gradient,
                 float *weight_gradient, fk_positions position_gradient, float *scratch) {
  const fk_plan plan = fk_make_plan(field);
  backend->backward(&plan, packed, count, activations, outputs, output_gradient, weight_gradient,
                    position_gradient, scratch);
}
