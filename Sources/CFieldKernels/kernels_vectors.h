// Vectors of samples: memory, elementary functions and transposition, for any vector width.
//
// Each kernels_*.c sets VECTOR_LANES, the floats in a vector register, and includes this file first.

#pragma clang fp contract(fast)

typedef float vec __attribute__((ext_vector_type(VECTOR_LANES)));
typedef int32_t ivec __attribute__((ext_vector_type(VECTOR_LANES)));
typedef float unaligned_vec __attribute__((ext_vector_type(VECTOR_LANES), aligned(4)));

enum { vectors_per_row = FK_LANES / VECTOR_LANES };

#define INLINE static inline __attribute__((always_inline))

INLINE vec load(const float *address) { return *(const vec *)address; }
INLINE void store(float *address, vec value) { *(vec *)address = value; }

// min(a, b) and max(a, b) for b a number; a is passed through where it is none.
INLINE vec at_most(vec a, vec b) { return a > b ? b : a; }
INLINE vec at_least(vec a, vec b) { return a < b ? b : a; }

// condition ? value : 0, per lane.
INLINE vec keep(ivec condition, vec value) { return (vec)((ivec)value & condition); }

// ---- Elementary functions ----------------------------------------------------------------------

// Adding and taking away 1.5 · 2²³ rounds to the nearest integer and leaves it in the low bits.
static const float rounder = 12582912.0f;

// sin πt and cos πt for |t| < 2²².
//
// t = n + f with n an integer and |f| ≤ ½, exactly; sin πt = (−1)ⁿ sin πf. Polynomials in f², absolute
// error below 2e-7.
INLINE void sine_and_cosine_of_pi_times(vec t, vec *sine, vec *cosine) {
  const vec rounded = t + rounder;
  const vec f = t - (rounded - rounder);
  const ivec sign = (ivec)rounded << 31;
  const vec q = f * f;
  vec s = (vec)0.0776594114f;
  s = s * q - 0.598292179f;
  s = s * q + 2.55007767f;
  s = s * q - 5.16771009f;
  s = s * q + 3.14159264f;
  vec c = (vec)-0.0243967208f;
  c = c * q + 0.234937564f;
  c = c * q - 1.33521206f;
  c = c * q + 4.05870916f;
  c = c * q - 4.93480214f;
  c = c * q + 1.0f;
  *sine = (vec)((ivec)(s * f) ^ sign);
  *cosine = (vec)((ivec)c ^ sign);
}

// eˣ, x held to [−87, 87]; relative error below 3e-7.
//
// x = n ln 2 + r with ln 2 in two parts (Cody and Waite 1980), then 2ⁿ · 2^(r / ln 2).
INLINE vec exponential(vec x) {
  x = at_most(at_least(x, (vec)-87.0f), (vec)87.0f);
  const vec rounded = x * 1.44269504f + rounder;
  const vec n = rounded - rounder;
  const vec r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  const vec f = r * 1.44269504f;
  vec e = (vec)1.53458225e-4f;
  e = e * f + 1.33999351e-3f;
  e = e * f + 9.61848896e-3f;
  e = e * f + 5.55032877e-2f;
  e = e * f + 0.240226469f;
  e = e * f + 0.693147206f;
  e = e * f + 1.0f;
  return (vec)((ivec)e + ((ivec)rounded << 23));
}

// log(1 + e) for e in [0, 1]; relative error below 2e-7.
INLINE vec logarithm_of_one_plus(vec e) {
  vec q = (vec)0.00538409f;
  q = q * e - 0.03011115f;
  q = q * e + 0.07921115f;
  q = q * e - 0.13746669f;
  q = q * e + 0.19145145f;
  q = q * e - 0.24852956f;
  q = q * e + 0.33320345f;
  q = q * e - 0.49999553f;
  q = q * e + 0.99999997f;
  return q * e;
}

INLINE vec sigmoid(vec x) { return 1.0f / (1.0f + exponential(-x)); }

// softplus(x) = log(1 + eˣ) = max(x, 0) + log(1 + e^(−|x|))
INLINE vec softplus(vec x) {
  return keep(x > 0, x) + logarithm_of_one_plus(exponential(-__builtin_elementwise_abs(x)));
}

// Past this exponent the truncated exponential stays constant, and its derivative is zero.
static const float largest_exponent = 11.0f;

INLINE vec density_of(const fk_field *field, vec s) {
  s -= field->density_shift;
  if (field->density_activation == FK_SHIFTED_SOFTPLUS) return field->density_scale * softplus(s);
  return field->density_scale * exponential(at_most(s, (vec)largest_exponent));
}

// dσ/ds from σ:   σ = k softplus(s) ⇒ k (1 − e^(−σ/k))      σ = k eˢ ⇒ σ
INLINE vec density_derivative(const fk_field *field, vec density) {
  if (field->density_activation == FK_SHIFTED_SOFTPLUS)
    return field->density_scale - field->density_scale * exponential(-density / field->density_scale);
  const vec largest = field->density_scale * exponential((vec)largest_exponent);
  return keep(density < largest, density);
}

// ---- Transposition -----------------------------------------------------------------------------

// The first halves of two vectors, taken in turns, and the second halves.
#if VECTOR_LANES == 16
#define FIRST_IN_TURNS 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define SECOND_IN_TURNS 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#elif VECTOR_LANES == 8
#define FIRST_IN_TURNS 0, 8, 1, 9, 2, 10, 3, 11
#define SECOND_IN_TURNS 4, 12, 5, 13, 6, 14, 7, 15
#else
#define FIRST_IN_TURNS 0, 4, 1, 5
#define SECOND_IN_TURNS 2, 6, 3, 7
#endif

// Rows become columns, for as many vectors as a vector has lanes: the perfect shuffle, as often as
// the logarithm of that number (Stone 1971).
INLINE void transpose(vec *rows) {
#pragma clang loop unroll(full)
  for (int span = 1; span < VECTOR_LANES; span *= 2) {
    vec next[VECTOR_LANES];
#pragma clang loop unroll(full)
    for (int i = 0; i < VECTOR_LANES / 2; i++) {
      const vec a = rows[i], b = rows[i + VECTOR_LANES / 2];
      next[2 * i] = __builtin_shufflevector(a, b, FIRST_IN_TURNS);
      next[2 * i + 1] = __builtin_shufflevector(a, b, SECOND_IN_TURNS);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < VECTOR_LANES; i++) rows[i] = next[i];
  }
}
