// The step of Adam, for any vector width: included once per instruction set.
//
// VECTOR_LANES: floats in a vector.
//
// Lanes run along a row of W, which is read once from front to back; what belongs to the batch is
// small and stays in the L1 cache. Columns past the last whole vector are done one by one.
#include "affine_plan.h"

#pragma clang fp contract(fast)

typedef float vec __attribute__((ext_vector_type(VECTOR_LANES)));
typedef float unaligned_vec __attribute__((ext_vector_type(VECTOR_LANES), aligned(4)));

#define INLINE static inline __attribute__((always_inline))

INLINE vec load(const float *address) { return *(const unaligned_vec *)address; }
INLINE void store(float *address, vec value) { *(unaligned_vec *)address = value; }

// Vectors of a row that are under way together: their chains of additions run side by side.
enum { vectors_at_once = 4 };

INLINE void adam_vectors(int count, const fk_adam *adam, size_t batch, const float *u,
                         size_t u_stride, const float *x, size_t x_stride, float *weights,
                         float *first_moment, float *second_moment) {
  vec g[vectors_at_once];
#pragma clang loop unroll(full)
  for (int k = 0; k < count; k++) g[k] = (vec)0.0f;
  for (size_t b = 0; b < batch; b++) {
    const vec slope = (vec)u[b * u_stride];
#pragma clang loop unroll(full)
    for (int k = 0; k < count; k++) g[k] += slope * load(x + b * x_stride + k * VECTOR_LANES);
  }
#pragma clang loop unroll(full)
  for (int k = 0; k < count; k++) {
    const size_t at = k * VECTOR_LANES;
    const vec m = adam->beta1 * load(first_moment + at) + (1 - adam->beta1) * g[k];
    const vec v = adam->beta2 * load(second_moment + at) + (1 - adam->beta2) * (g[k] * g[k]);
    const vec change = adam->rate * m / (__builtin_elementwise_sqrt(v) + adam->epsilon);
    store(first_moment + at, m);
    store(second_moment + at, v);
    store(weights + at, load(weights + at) - change);
  }
}

static void adam(const fk_adam *adam, size_t rows, size_t inputs, size_t batch, const float *u,
                 size_t u_stride, const float *x, size_t x_stride, float *weights,
                 float *first_moment, float *second_moment) {
  const fk_adam numbers = *adam;
  for (size_t i = 0; i < rows; i++) {
    float *w = weights + i * inputs, *first = first_moment + i * inputs,
          *second = second_moment + i * inputs;
    size_t j = 0;
    for (; j + vectors_at_once * VECTOR_LANES <= inputs; j += vectors_at_once * VECTOR_LANES)
      adam_vectors(vectors_at_once, &numbers, batch, u + i, u_stride, x + j, x_stride, w + j,
                   first + j, second + j);
    for (; j + VECTOR_LANES <= inputs; j += VECTOR_LANES)
      adam_vectors(1, &numbers, batch, u + i, u_stride, x + j, x_stride, w + j, first + j,
                   second + j);
    for (; j < inputs; j++) {
      float g = 0;
      for (size_t b = 0; b < batch; b++) g += u[b * u_stride + i] * x[b * x_stride + j];
      first[j] = numbers.beta1 * first[j] + (1 - numbers.beta1) * g;
      second[j] = numbers.beta2 * second[j] + (1 - numbers.beta2) * (g * g);
      w[j] -= numbers.rate * first[j] / (__builtin_elementwise_sqrt(second[j]) + numbers.epsilon);
    }
  }
}
