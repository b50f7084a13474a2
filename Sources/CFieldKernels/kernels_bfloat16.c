// The field kernels in bfloat16, for CPUs with AVX512_BF16: two products a lane and instruction.
//
// The instruction rounds to nearest even and takes subnormal numbers for zero.
#include "pair_plan.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define VECTOR_LANES 16

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma"))), \
    apply_to = function)
#include "kernels_vectors.h"
#include "kernels_samples.h"
#include "bfloat16_vectors.h"
#include "bfloat16_packing.h"
#include "bfloat16_forward.h"
#include "bfloat16_backward.h"
#pragma clang attribute pop

int32_t fk_bfloat16_runs_here(void) {
  return __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("fma");
}

void fk_pack_bfloat16(const fk_field *field, const float *weights, uint32_t *packed) {
  const fk_plan plan = fk_make_plan(field);
  pack(&plan, weights, packed);
}

void fk_forward_bfloat16(const fk_field *field, const uint32_t *packed, size_t count,
                         fk_inputs inputs, fk_outputs outputs, uint32_t *activations) {
  const fk_plan plan = fk_make_plan(field);
  forward(&plan, packed, count, inputs, outputs, activations);
}

void fk_backward_bfloat16(const fk_field *field, const uint32_t *packed, size_t count,
                          const uint32_t *activations, fk_outputs outputs,
                          fk_outputs output_gradient, float *weight_gradient, uint32_t *scratch) {
  const fk_plan plan = fk_make_plan(field);
  backward(&plan, packed, count, activations, outputs, output_gradient, weight_gradient, scratch);
}

#else

int32_t fk_bfloat16_runs_here(void) { return 0; }

void fk_pack_bfloat16(const fk_field *field, const float *weights, uint32_t *packed) {
  (void)field, (void)weights, (void)packed;
  __builtin_trap();
}

void fk_forward_bfloat16(const fk_field *field, const uint32_t *packed, size_t count,
                         fk_inputs inputs, fk_outputs outputs, uint32_t *activations) {
  (void)field, (void)packed, (void)count, (void)inputs, (void)outputs, (void)activations;
  __builtin_trap();
}

void fk_backward_bfloat16(const fk_field *field, const uint32_t *packed, size_t count,
                          const uint32_t *activations, fk_outputs outputs,
                          fk_outputs output_gradient, float *weight_gradient, uint32_t *scratch) {
  (void)field, (void)packed, (void)count, (void)activations, (void)outputs, (void)output_gradient;
  (void)weight_gradient, (void)scratch;
  __builtin_trap();
}

#endif
