// Affine maps for AVX-512: sixteen lanes a vector.
#include "affine_plan.h"

#if defined(__x86_64__)

#define VECTOR_LANES 16
#define ROWS_AT_ONCE 8

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#include "affine_body.h"
#pragma clang attribute pop

const affine_backend affine_avx512_backend = {forward, input_gradient, adam};

#endif
