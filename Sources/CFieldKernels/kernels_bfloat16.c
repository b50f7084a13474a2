// The forward pass in bfloat16, for CPUs with AVX512_BF16: two products a lane and instruction.
//
// A row holds one pair of inputs for the FK_LANES samples of a block, a pair per 32-bit lane, the first
// in the low half. Sums are float32; a layer's outputs become pairs again as they are stored. The
// instruction rounds to nearest even and takes subnormal numbers for zero.
#include "pair_plan.h"

#if defined(__x86_64__)

#define VECTOR_LANES 16

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma"))), \
    apply_to = function)
#include "kernels_vectors.h"
#include "kernels_samples.h"

typedef uint32_t pairs __attribute__((ext_vector_type(VECTOR_LANES)));
typedef __bf16 bfloat16_lanes __attribute__((vector_size(64)));

// Pairs that the inner loop takes at a time.
enum { PAIRS_PER_TURN = 8 };

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

INLINE void add_pair(const uint32_t *restrict p, const float *restrict in, int rows, vec *first,
                     vec *second) {
  const pairs a = (pairs)load(in), b = (pairs)load(in + VECTOR_LANES);
#pragma clang loop unroll(full)
  for (int j = 0; j < rows; j++) {
    const pairs weight = (pairs)p[j];
    first[j] = add_products(first[j], weight, a);
    second[j] = add_products(second[j], weight, b);
  }
}

// `rows` outputs of a block, as float32 rows or, cut off below zero, as rows of pairs.
INLINE void layer_tile(const uint32_t *restrict p, const float *restrict in, float *restrict out,
                       int pair_count, int is_hidden, int rows) {
  vec first[FK_TILE], second[FK_TILE];
#pragma clang loop unroll(full)
  for (int j = 0; j < rows; j++) first[j] = second[j] = (vec)(pairs)p[j];
  p += FK_TILE;
  int k = 0;
  for (; k + PAIRS_PER_TURN <= pair_count; k += PAIRS_PER_TURN) {
#pragma clang loop unroll(full)
    for (int i = 0; i < PAIRS_PER_TURN; i++)
      add_pair(p + i * FK_TILE, in + i * FK_LANES, rows, first, second);
    p += PAIRS_PER_TURN * FK_TILE;
    in += PAIRS_PER_TURN * FK_LANES;
  }
  for (; k < pair_count; k++) {
    add_pair(p, in, rows, first, second);
    p += FK_TILE;
    in += FK_LANES;
  }
  const vec zero = (vec)0.0f;
  if (is_hidden) {
#pragma clang loop unroll(full)
    for (int j = 0; j < rows; j += 2) {
      float *row = out + j / 2 * FK_LANES;
      store(row, (vec)pair_of(at_least(first[j], zero), at_least(first[j + 1], zero)));
      store(row + VECTOR_LANES, (vec)pair_of(at_least(second[j], zero), at_least(second[j + 1], zero)));
    }
  } else {
#pragma clang loop unroll(full)
    for (int j = 0; j < rows; j++) {
      store(out + j * FK_LANES, first[j]);
      store(out + j * FK_LANES + VECTOR_LANES, second[j]);
    }
  }
}

// One affine map for a block. Outputs are rounded up to a multiple of four; those that are none are zero.
INLINE void layer(const uint32_t *packed, const pair_linear *map, const float *in, float *out,
                  int is_hidden) {
  const uint32_t *tiles = packed + map->packed;
  const size_t tile_words = (size_t)(1 + map->pairs) * FK_TILE;
  for (int output = 0; output < map->outputs; output += FK_TILE) {
    float *to = out + (is_hidden ? output / 2 : output) * FK_LANES;
    if (map->outputs - output > 4)
      layer_tile(tiles, in, to, map->pairs, is_hidden, FK_TILE);
    else
      layer_tile(tiles, in, to, map->pairs, is_hidden, 4);
    tiles += tile_words;
  }
}

static void hidden_layer(const uint32_t *packed, const pair_linear *map, const float *in, float *out) {
  layer(packed, map, in, out, 1);
}

static void output_layer(const uint32_t *packed, const pair_linear *map, const float *in, float *out) {
  layer(packed, map, in, out, 0);
}

INLINE void put_coordinate(float *rows, int axis, vec coordinate) {
  const vec leading = (vec)((pairs)coordinate & 0xffff0000);
  const vec trailing = coordinate - leading;
  store(rows + axis * FK_LANES,
        (vec)((pairs)leading >> 16 | (((pairs)trailing + 0x8000) & 0xffff0000)));
}

INLINE void put_octave(float *rows, int octave, int axis, vec sine, vec cosine) {
  store(rows + (3 + 3 * octave + axis) * FK_LANES, (vec)pair_of(sine, cosine));
}

void fk_forward_bfloat16(const fk_field *field, const uint32_t *packed, size_t count,
                         fk_inputs inputs, fk_outputs outputs) {
  const fk_plan plan = fk_make_plan(field);
  const pair_plan layers = fk_make_pair_plan(&plan);
  _Alignas(64) float buffers[2][widest_layer_rows * FK_LANES];
  _Alignas(64) float coordinates[3 * FK_LANES];
  _Alignas(64) float raw[4 * FK_LANES], raw_radiance[4 * FK_LANES];

  for (size_t start = 0; start < count; start += FK_LANES) {
    const size_t lanes = count - start < FK_LANES ? count - start : FK_LANES;
    float *in = buffers[0];
    load_positions(field, inputs, start, lanes, coordinates);
    encode(coordinates, field->position_octaves, in, put_coordinate, put_octave);
    for (int i = 0; i < plan.layer_count; i++) {
      float *out = buffers[(i + 1) & 1];
      hidden_layer(packed, &layers.hidden[i], in, out);
      in = out;
    }
    if (field->direction_octaves >= 0) {
      float *hidden = buffers[(plan.layer_count + 1) & 1];
      load_directions(inputs, start, lanes, coordinates);
      encode(coordinates, field->direction_octaves, in + (field->width + 1) / 2 * FK_LANES,
             put_coordinate, put_octave);
      output_layer(packed, &layers.density, in, raw);
      hidden_layer(packed, &layers.colour, in, hidden);
      output_layer(packed, &layers.radiance, hidden, raw_radiance);
      store_outputs(field, raw, raw_radiance, start, lanes, outputs);
    } else {
      output_layer(packed, &layers.output, in, raw);
      store_outputs(field, raw, raw + FK_LANES, start, lanes, outputs);
    }
  }
}
#pragma clang attribute pop

int32_t fk_bfloat16_runs_here(void) {
  return __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("fma");
}

#else

int32_t fk_bfloat16_runs_here(void) { return 0; }

void fk_forward_bfloat16(const fk_field *field, const uint32_t *packed, size_t count,
                         fk_inputs inputs, fk_outputs outputs) {
  (void)field, (void)packed, (void)count, (void)inputs, (void)outputs;
  __builtin_trap();
}

#endif
