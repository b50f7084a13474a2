// Marching on any CPU: four lanes a vector, which is SSE2 on x86-64 and NEON on arm64.
#define VECTOR_LANES 4

#include "march_body.h"

const march_backend march_portable_backend = {cast, march, place_samples, composite};
