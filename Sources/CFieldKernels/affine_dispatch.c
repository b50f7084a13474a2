// Chooses the affine maps that belong to a backend of the field kernels.
#include "affine_plan.h"
#include "field_plan.h"

static const affine_backend *affine(const fk_backend *backend) {
#if defined(__x86_64__)
  if (backend == &fk_avx512_backend) return &affine_avx512_backend;
  if (backend == &fk_avx2_backend) return &affine_avx2_backend;
#endif
  (void)backend;
  return &affine_portable_backend;
}

void fk_affine_forward(const fk_backend *backend, size_t rows, size_t inputs, size_t batch,
                       const float *x, size_t x_stride, const float *weights, const float *bias,
                       float *y, size_t y_stride) {
  affine(backend)->forward(rows, inputs, batch, x, x_stride, weights, bias, y, y_stride);
}

void fk_affine_input_gradient(const fk_backend *backend, size_t rows, size_t inputs, size_t batch,
                              const float *u, size_t u_stride, const float *weights,
                              float *slopes) {
  affine(backend)->input_gradient(rows, inputs, batch, u, u_stride, weights, slopes);
}

void fk_affine_adam(const fk_backend *backend, const fk_adam *adam, size_t rows, size_t inputs,
                    size_t batch, const float *u, size_t u_stride, const float *x, size_t x_stride,
                    float *weights, float *first_moment, float *second_moment) {
  affine(backend)->adam(adam, rows, inputs, batch, u, u_stride, x, x_stride, weights, first_moment,
                        second_moment);
}
