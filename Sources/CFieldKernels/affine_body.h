// Affine maps of a few vectors and Adam for their weights, for any vector width: included once per
// instruction set.
//
// VECTOR_LANES: floats in a vector. ROWS_AT_ONCE: rows of W that stay in registers while the batch
// passes by.
//
// Lanes run along a row of W, which is read once from front to back; what belongs to the batch is
// small and stays in the L1 cache. Every number is one sum with one order, whichever others are worked
// on beside it.
#include <stdint.h>

#include "affine_plan.h"

#pragma clang fp contract(fast)

typedef float vec __attribute__((ext_vector_type(VECTOR_LANES)));
typedef float unaligned_vec __attribute__((ext_vector_type(VECTOR_LANES), aligned(4)));

#define INLINE static inline __attribute__((always_inline))

INLINE vec load(const float *address) { return *(const unaligned_vec *)address; }
INLINE void store(float *address, vec value) { *(unaligned_vec *)address = value; }

// How far ahead of its use W is asked for, floats: rows are short, and memory far away.
enum { ahead = 2048 };

// The place may lie past the end of W: it is not read.
INLINE void prefetch(const float *address) {
  __builtin_prefetch((const void *)((uintptr_t)address + ahead * sizeof(float)));
}

// Fewer numbers than a vector has lanes, and zeros behind them.
INLINE vec load_first(const float *address, size_t count) {
  vec value = (vec)0.0f;
  for (size_t k = 0; k < count; k++) value[k] = address[k];
  return value;
}

// FOLD_n adds, within either vector, the lanes that stand n apart, which halves their number; of every
// 2 n lanes of the result the lower ones are then a's and the upper ones b's.
#if VECTOR_LANES == 16
#define FOLD_8(a, b)                                                                     \
  (__builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23) + \
   __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31))
#define FOLD_4(a, b)                                                                     \
  (__builtin_shufflevector(a, b, 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27) + \
   __builtin_shufflevector(a, b, 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31))
#define FOLD_2(a, b)                                                                     \
  (__builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29) + \
   __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31))
#define FOLD_1(a, b)                                                                     \
  (__builtin_shufflevector(a, b, 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30) + \
   __builtin_shufflevector(a, b, 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31))
#elif VECTOR_LANES == 8
#define FOLD_4(a, b)                                         \
  (__builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11) + \
   __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15))
#define FOLD_2(a, b)                                         \
  (__builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13) + \
   __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15))
#define FOLD_1(a, b)                                         \
  (__builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14) + \
   __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15))
#else
#define FOLD_2(a, b) \
  (__builtin_shufflevector(a, b, 0, 1, 4, 5) + __builtin_shufflevector(a, b, 2, 3, 6, 7))
#define FOLD_1(a, b) \
  (__builtin_shufflevector(a, b, 0, 4, 2, 6) + __builtin_shufflevector(a, b, 1, 5, 3, 7))
#endif

// Folds pairs of as many vectors as a vector has lanes until one is left: its lane k is the sum of
// all lanes of vector k.
INLINE vec sums_of_lanes(vec *a) {
#if VECTOR_LANES == 16
#pragma clang loop unroll(full)
  for (int k = 0; k < 8; k++) a[k] = FOLD_8(a[k], a[k + 8]);
#endif
#if VECTOR_LANES >= 8
#pragma clang loop unroll(full)
  for (int k = 0; k < 4; k++) a[k] = FOLD_4(a[k], a[k + 4]);
#endif
#pragma clang loop unroll(full)
  for (int k = 0; k < 2; k++) a[k] = FOLD_2(a[k], a[k + 2]);
  return FOLD_1(a[0], a[1]);
}

// The products of `batch` vectors with `rows` rows of W, of which batch · rows is VECTOR_LANES.
INLINE void products(int batch, int rows, size_t inputs, const float *x, size_t x_stride,
                     const float *const *w, vec *sums) {
#pragma clang loop unroll(full)
  for (int k = 0; k < VECTOR_LANES; k++) sums[k] = (vec)0.0f;
  size_t j = 0;
  for (; j + VECTOR_LANES <= inputs; j += VECTOR_LANES) {
    vec row[VECTOR_LANES];
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
      row[r] = load(w[r] + j);
      prefetch(w[r] + j);
    }
#pragma clang loop unroll(full)
    for (int b = 0; b < batch; b++) {
      const vec value = load(x + b * x_stride + j);
#pragma clang loop unroll(full)
      for (int r = 0; r < rows; r++) sums[b * rows + r] += value * row[r];
    }
  }
  if (j == inputs) return;
#pragma clang loop unroll(full)
  for (int b = 0; b < batch; b++) {
    const vec value = load_first(x + b * x_stride + j, inputs - j);
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++)
      sums[b * rows + r] += value * load_first(w[r] + j, inputs - j);
  }
}

// All rows of W for `at_once` vectors.
INLINE void forward_batch(int at_once, size_t rows, size_t inputs, const float *x, size_t x_stride,
                          const float *weights, const float *bias, float *y, size_t y_stride) {
  const int rows_at_once = VECTOR_LANES / at_once;
  for (size_t i = 0; i < rows; i += rows_at_once) {
    const size_t count = rows - i < (size_t)rows_at_once ? rows - i : (size_t)rows_at_once;
    // Past the end the last row comes again, for nothing.
    const float *w[VECTOR_LANES];
#pragma clang loop unroll(full)
    for (int r = 0; r < rows_at_once; r++)
      w[r] = weights + (i + ((size_t)r < count ? (size_t)r : count - 1)) * inputs;
    vec sums[VECTOR_LANES];
    products(at_once, rows_at_once, inputs, x, x_stride, w, sums);
    const vec total = sums_of_lanes(sums);
    for (int b = 0; b < at_once; b++)
      for (size_t r = 0; r < count; r++)
        y[b * y_stride + i + r] = bias[i + r] + total[b * rows_at_once + (int)r];
  }
}

static void forward(size_t rows, size_t inputs, size_t batch, const float *x, size_t x_stride,
                    const float *weights, const float *bias, float *y, size_t y_stride) {
  size_t b = 0;
#if VECTOR_LANES >= 8
  for (; b + 8 <= batch; b += 8)
    forward_batch(8, rows, inputs, x + b * x_stride, x_stride, weights, bias, y + b * y_stride,
                  y_stride);
#endif
  for (; b + 4 <= batch; b += 4)
    forward_batch(4, rows, inputs, x + b * x_stride, x_stride, weights, bias, y + b * y_stride,
                  y_stride);
  for (; b + 2 <= batch; b += 2)
    forward_batch(2, rows, inputs, x + b * x_stride, x_stride, weights, bias, y + b * y_stride,
                  y_stride);
  for (; b < batch; b++)
    forward_batch(1, rows, inputs, x + b * x_stride, x_stride, weights, bias, y + b * y_stride,
                  y_stride);
}

// Adds the share of `rows` rows to `vectors` vectors of every ∂L/∂x of the batch.
INLINE void slope_tile(int rows, int vectors, size_t inputs, size_t batch, const float *u,
                       size_t u_stride, const float *weights, float *slopes) {
  vec w[ROWS_AT_ONCE][2];
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int k = 0; k < vectors; k++) {
      w[r][k] = load(weights + r * inputs + k * VECTOR_LANES);
      prefetch(weights + r * inputs + k * VECTOR_LANES);
    }
  for (size_t b = 0; b < batch; b++) {
    float *at = slopes + b * inputs;
    vec sum[2];
#pragma clang loop unroll(full)
    for (int k = 0; k < vectors; k++) sum[k] = load(at + k * VECTOR_LANES);
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
      const vec slope = (vec)u[b * u_stride + r];
#pragma clang loop unroll(full)
      for (int k = 0; k < vectors; k++) sum[k] += slope * w[r][k];
    }
#pragma clang loop unroll(full)
    for (int k = 0; k < vectors; k++) store(at + k * VECTOR_LANES, sum[k]);
  }
}

INLINE void slope_rows(int rows, size_t inputs, size_t batch, const float *u, size_t u_stride,
                       const float *weights, float *slopes) {
  size_t j = 0;
  for (; j + 2 * VECTOR_LANES <= inputs; j += 2 * VECTOR_LANES)
    slope_tile(rows, 2, inputs, batch, u, u_stride, weights + j, slopes + j);
  for (; j + VECTOR_LANES <= inputs; j += VECTOR_LANES)
    slope_tile(rows, 1, inputs, batch, u, u_stride, weights + j, slopes + j);
  for (; j < inputs; j++)
    for (size_t b = 0; b < batch; b++)
      for (int r = 0; r < rows; r++)
        slopes[b * inputs + j] += u[b * u_stride + r] * weights[r * inputs + j];
}

static void input_gradient(size_t rows, size_t inputs, size_t batch, const float *u,
                           size_t u_stride, const float *weights, float *slopes) {
  for (size_t k = 0; k < batch * inputs; k++) slopes[k] = 0;
  size_t i = 0;
  for (; i + ROWS_AT_ONCE <= rows; i += ROWS_AT_ONCE)
    slope_rows(ROWS_AT_ONCE, inputs, batch, u + i, u_stride, weights + i * inputs, slopes);
  for (; i < rows; i++)
    slope_rows(1, inputs, batch, u + i, u_stride, weights + i * inputs, slopes);
}

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
