// Pairs of bfloat16 numbers in vectors of 32-bit lanes, the first of a pair in the low half.
//
// Part of kernels_bfloat16.c.

typedef uint32_t pairs __attribute__((ext_vector_type(VECTOR_LANES)));
typedef uint32_t half_pairs __attribute__((ext_vector_type(VECTOR_LANES / 2), aligned(4)));
typedef __bf16 bfloat16_lanes __attribute__((vector_size(64)));

INLINE pairs load_pairs(const uint32_t *address) { return *(const pairs *)address; }
INLINE void store_pairs(uint32_t *address, pairs value) { *(pairs *)address = value; }

// sum + first · first + second · second, per lane.
INLINE vec add_products(vec sum, pairs a, pairs b) {
  typedef float sums __attribute__((vector_size(64)));
  return (vec)__builtin_ia32_dpbf16ps_512((sums)sum, (bfloat16_lanes)a, (bfloat16_lanes)b);
}

// Two float32 numbers as one pair, halves rounded away from zero.
INLINE pairs pair_of(vec first, vec second) {
  const uint32_t half = 0x8000;
  return (((pairs)first + half) >> 16) | (((pairs)second + half) & 0xffff0000);
}

// Neighbouring lanes as pairs, rounded to nearest even: those of `first`, then those of `second`.
INLINE pairs pairs_along(vec first, vec second) {
  return (pairs)_mm512_cvtne2ps_pbh((__m512)second, (__m512)first);
}

// Which lanes are below a count.
INLINE __mmask16 lanes_below(int count) {
  return (__mmask16)(count >= VECTOR_LANES ? 0xffff : count > 0 ? (1 << count) - 1 : 0);
}

// The first `count` floats of a stretch, then zeros; reads nothing past them.
INLINE vec load_first(const float *source, int count) {
  return (vec)_mm512_maskz_loadu_ps(lanes_below(count), source);
}

// Adds the first `count` lanes to a stretch of memory.
INLINE void add_first(float *destination, vec value, int count) {
  const __mmask16 lanes = lanes_below(count);
  const vec sum = (vec)_mm512_maskz_loadu_ps(lanes, destination) + value;
  _mm512_mask_storeu_ps(destination, lanes, (__m512)sum);
}

// ---- The order of inputs -----------------------------------------------------------------------
//
// Both members of sixteen hidden pairs, or fifteen encoded ones, are one stretch of a row of W: 32
// inputs, 30, or 27 in the first group, whose coordinates have the same weight twice. A stretch is cut
// into vectors `low` and `high`.

// Where a layer's group of pairs begins among its inputs, and how many of them it has at most.
typedef struct {
  int start, count;
} input_stretch;

INLINE input_stretch hidden_stretch(const pair_linear *map, int group) {
  const int start = 2 * hidden_pairs_per_group * group;
  return (input_stretch){start, map->hidden_inputs - start};
}

INLINE input_stretch encoded_stretch(const pair_linear *map, int group) {
  const int start = group == 0 ? 0 : 2 * encoded_pairs_per_group * group - 3;
  const int longest = group == 0 ? 27 : 30, rest = map->encoded_inputs - start;
  return (input_stretch){map->hidden_inputs + start, rest < longest ? rest : longest};
}

#define HIDDEN_FIRST 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
#define HIDDEN_SECOND 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
#define OCTAVES_FIRST 0, 1, 2, 6, 7, 8, 12, 13, 14, 18, 19, 20, 24, 25, 26, -1
#define OCTAVES_SECOND 3, 4, 5, 9, 10, 11, 15, 16, 17, 21, 22, 23, 27, 28, 29, -1
#define COORDINATES_FIRST 0, 1, 2, 3, 4, 5, 9, 10, 11, 15, 16, 17, 21, 22, 23, -1
#define COORDINATES_SECOND 0, 1, 2, 6, 7, 8, 12, 13, 14, 18, 19, 20, 24, 25, 26, -1

// And back: which lane of (first, second) is an input's, 16 and more being those of the second.
#define OCTAVES_LOW 0, 1, 2, 16, 17, 18, 3, 4, 5, 19, 20, 21, 6, 7, 8, 22
#define OCTAVES_HIGH 23, 24, 9, 10, 11, 25, 26, 27, 12, 13, 14, 28, 29, 30, -1, -1
#define COORDINATES_LOW 0, 1, 2, 3, 4, 5, 19, 20, 21, 6, 7, 8, 22, 23, 24, 9
#define COORDINATES_HIGH 10, 11, 25, 26, 27, 12, 13, 14, 28, 29, 30, -1, -1, -1, -1, -1

typedef enum { hidden_group, coordinate_group, octave_group } group_kind;

// The first and the second members of a group's pairs, of a stretch.
INLINE void split_stretch(group_kind kind, vec low, vec high, vec *first, vec *second) {
  if (kind == hidden_group) {
    *first = __builtin_shufflevector(low, high, HIDDEN_FIRST);
    *second = __builtin_shufflevector(low, high, HIDDEN_SECOND);
  } else if (kind == octave_group) {
    *first = __builtin_shufflevector(low, high, OCTAVES_FIRST);
    *second = __builtin_shufflevector(low, high, OCTAVES_SECOND);
  } else {
    *first = __builtin_shufflevector(low, high, COORDINATES_FIRST);
    *second = __builtin_shufflevector(low, high, COORDINATES_SECOND);
  }
}

// The stretch of both members' derivatives; where a weight stands twice, their sum.
INLINE void join_stretch(group_kind kind, vec first, vec second, vec *low, vec *high) {
  if (kind == hidden_group) {
    *low = __builtin_shufflevector(first, second, FIRST_IN_TURNS);
    *high = __builtin_shufflevector(first, second, SECOND_IN_TURNS);
  } else if (kind == octave_group) {
    *low = __builtin_shufflevector(first, second, OCTAVES_LOW);
    *high = __builtin_shufflevector(first, second, OCTAVES_HIGH);
  } else {
    first += (vec)_mm512_maskz_mov_ps(lanes_below(3), (__m512)second);
    *low = __builtin_shufflevector(first, second, COORDINATES_LOW);
    *high = __builtin_shufflevector(first, second, COORDINATES_HIGH);
  }
}
