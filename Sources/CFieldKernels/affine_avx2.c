// Affine maps for AVX2 with FMA: eight lanes a vector.
#include "affine_plan.h"

#if defined(__x86_64__)

#define VECTOR_LANES 8
#define ROWS_AT_ONCE 4

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "affine_body.h"
#pragma clang attribute pop

const affine_backend affine_avx2_backend = {forward, input_gradient, adam};

#endif
