// Affine maps for any CPU: four lanes a vector, which is SSE2 on x86-64 and NEON on arm64.
#define VECTOR_LANES 4
#define ROWS_AT_ONCE 4

#include "affine_body.h"

const affine_backend affine_portable_backend = {forward, input_gradient, adam};
