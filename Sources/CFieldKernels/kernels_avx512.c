// The kernels for AVX-512: sixteen lanes a vector, thirty-two registers.
#include "field_plan.h"

#if defined(__x86_64__)

#define VECTOR_LANES 16
#define OUTPUT_TILE 8
#define GRADIENT_TILE_OUTPUTS 4
#define GRADIENT_TILE_INPUTS 6

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#include "kernels_body.h"
#pragma clang attribute pop

static int32_t runs_here(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("fma");
}

const fk_backend fk_avx512_backend = {"avx512", runs_here, forward, backward};

#endif
