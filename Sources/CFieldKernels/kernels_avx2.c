// The kernels for AVX2 with FMA: eight lanes a vector, sixteen registers.
#include "field_plan.h"

#if defined(__x86_64__)

#define VECTOR_LANES 8
#define OUTPUT_TILE 4

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "kernels_vectors.h"
#include "kernels_samples.h"
#include "kernels_forward.h"
#include "kernels_backward.h"
#pragma clang attribute pop

static int32_t runs_here(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

const fk_backend fk_avx2_backend = {"avx2", runs_here, forward, backward};

#endif
