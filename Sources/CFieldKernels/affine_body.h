// The affine kernels, for any vector width: included once per instruction set.
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

typedef float four __attribute__((ext_vector_type(4)));
typedef float unaligned_four __attribute__((ext_vector_type(4), aligned(4)));

// Four partial sums of the lanes, by halves.
INLINE four quarters(vec value) {
#if VECTOR_LANES == 16
  const float __attribute__((ext_vector_type(8))) eight = value.lo + value.hi;
  return eight.lo + eight.hi;
#elif VECTOR_LANES == 8
  return value.lo + value.hi;
#else
  return value;
#endif
}

// The sums of the lanes of four vectors: a transposition on the way halves the work.
INLINE four sums_of(const vec values[4]) {
  const four a = quarters(values[0]), b = quarters(values[1]), c = quarters(values[2]),
             d = quarters(values[3]);
  const four ab =
      __builtin_shufflevector(a, b, 0, 4, 1, 5) + __builtin_shufflevector(a, b, 2, 6, 3, 7);
  const four cd =
      __builtin_shufflevector(c, d, 0, 4, 1, 5) + __builtin_shufflevector(c, d, 2, 6, 3, 7);
  return __builtin_shufflevector(ab, cd, 0, 1, 4, 5) + __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
}

// Rows between the one at work and the one that is asked for from memory: without asking, the passes
// that compute little per weight wait for it.
enum { rows_ahead = 8 };

// Rows of W that are under way together: they share the loads of x.
enum { rows_at_once = VECTOR_LANES == 16 ? 2 : 1 };

// Products of `rows` rows of W with 4 · `fours` vectors x; the first `count` of them are wanted.
//
// `ahead` are as many rows that will be needed soon.
INLINE void forward_rows(int rows, int fours, size_t inputs, const float *weights,
                         const float *ahead, const float *bias, const float *const x[8], float *y,
                         size_t count, size_t y_stride) {
  vec sums[2][8];
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
    for (int b = 0; b < 4 * fours; b++) sums[i][b] = (vec)0.0f;
  size_t j = 0;
  for (; j + VECTOR_LANES <= inputs; j += VECTOR_LANES) {
    vec w[2];
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
      w[i] = load(weights + i * inputs + j);
      __builtin_prefetch(ahead + i * inputs + j);
    }
#pragma clang loop unroll(full)
    for (int b = 0; b < 4 * fours; b++) {
      const vec value = load(x[b] + j);
#pragma clang loop unroll(full)
      for (int i = 0; i < rows; i++) sums[i][b] += w[i] * value;
    }
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++) {
    float values[8];
#pragma clang loop unroll(full)
    for (int part = 0; part < fours; part++)
      *(unaligned_four *)(values + 4 * part) = bias[i] + sums_of(sums[i] + 4 * part);
    for (size_t k = j; k < inputs; k++)
      for (int b = 0; b < 4 * fours; b++) values[b] += weights[i * inputs + k] * x[b][k];
    for (size_t b = 0; b < count; b++) y[b * y_stride + i] = values[b];
  }
}

static void forward(size_t rows, size_t inputs, size_t batch, const float *weights,
                    const float *bias, const float *x, float *y, size_t y_stride) {
  for (size_t first = 0; first < batch; first += 8) {
    const size_t count = batch - first < 8 ? batch - first : 8;
    const int fours = count > 4 ? 2 : 1;
    // Places past the batch repeat its first vector.
    const float *vectors[8];
    for (size_t b = 0; b < 8; b++) vectors[b] = x + (first + (b < count ? b : 0)) * inputs;
    for (size_t i = 0; i < rows;) {
      const float *row = weights + i * inputs;
      const float *ahead = i + rows_ahead + rows_at_once <= rows ? row + rows_ahead * inputs : row;
      float *out = y + first * y_stride + i;
      const int together = i + rows_at_once <= rows ? rows_at_once : 1;
      if (together == rows_at_once && fours == 2)
        forward_rows(rows_at_once, 2, inputs, row, ahead, bias + i, vectors, out, count, y_stride);
      else if (together == rows_at_once)
        forward_rows(rows_at_once, 1, inputs, row, ahead, bias + i, vectors, out, count, y_stride);
      else
        forward_rows(1, 2, inputs, row, row, bias + i, vectors, out, count, y_stride);
      i += together;
    }
  }
}

// Adds `count` rows' parts to the gradient of the batch's inputs; `ahead` as in forward_rows.
INLINE void add_rows(int count, size_t inputs, size_t batch, const float *rows, const float *ahead,
                     const float *y_gradient, size_t y_stride, float *x_gradient) {
  size_t j = 0;
  for (; j + VECTOR_LANES <= inputs; j += VECTOR_LANES) {
    vec w[4];
#pragma clang loop unroll(full)
    for (int i = 0; i < count; i++) {
      w[i] = load(rows + i * inputs + j);
      __builtin_prefetch(ahead + i * inputs + j);
    }
    for (size_t b = 0; b < batch; b++) {
      vec sums = load(x_gradient + b * inputs + j);
#pragma clang loop unroll(full)
      for (int i = 0; i < count; i++) sums += w[i] * y_gradient[b * y_stride + i];
      store(x_gradient + b * inputs + j, sums);
    }
  }
  for (; j < inputs; j++)
    for (size_t b = 0; b < batch; b++)
      for (int i = 0; i < count; i++)
        x_gradient[b * inputs + j] += rows[i * inputs + j] * y_gradient[b * y_stride + i];
}

static void input_gradient(size_t rows, size_t inputs, size_t batch, const float *weights,
                           const float *y_gradient, size_t y_stride, float *x_gradient) {
  for (size_t i = 0; i < rows;) {
    const float *row = weights + i * inputs;
    if (i + 4 <= rows) {
      const float *ahead = i + rows_ahead + 4 <= rows ? row + rows_ahead * inputs : row;
      add_rows(4, inputs, batch, row, ahead, y_gradient + i, y_stride, x_gradient);
      i += 4;
    } else {
      add_rows(1, inputs, batch, row, row, y_gradient + i, y_stride, x_gradient);
      i += 1;
    }
  }
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
