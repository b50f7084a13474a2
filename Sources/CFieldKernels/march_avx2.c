// Marching with AVX2: eight lanes a vector.
#include "march_plan.h"

#if defined(__x86_64__)

#define VECTOR_LANES 8

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "march_body.h"
#pragma clang attribute pop

const march_backend march_avx2_backend = {cast, march, place_samples, composite};

#endif
