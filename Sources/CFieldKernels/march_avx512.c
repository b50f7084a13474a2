// Marching with AVX-512: sixteen lanes a vector.
#include "march_plan.h"

#if defined(__x86_64__)

#define VECTOR_LANES 16

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#include "march_body.h"
#pragma clang attribute pop

const march_backend march_avx512_backend = {cast, march, place_samples, composite};

#endif
