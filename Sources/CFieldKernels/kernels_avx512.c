// The kernels for AVX-512: sixteen lanes a vector, thirty-two registers.
#include "field_plan.h"

#if defined(__x86_64__)

#define VECTOR_LANES 16
#define OUTPUT_TILE 8

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#include "kernels_vectors.h"
#include "kernels_samples.h"
#include "kernels_forward.h"
#include "kernels_backward.h"
#pragma clang attribute pop

static int32_t runs_here(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("fma");
}

const fk_backend fk_avx512_backend = {"avx512", runs_here, forward, backward};

#endif
