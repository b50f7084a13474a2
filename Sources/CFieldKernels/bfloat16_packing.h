// Flat float32 weights → tiles of pairs.
//
// Part of kernels_bfloat16.c.

// Two float32 numbers as one pair, rounded to nearest even.
INLINE pairs nearest_pair_of(vec first, vec second) {
  const pairs low = (pairs)_mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh((__m512)first));
  const pairs high = (pairs)_mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh((__m512)second));
  return low | high << 16;
}

// Sixteen rows of sixteen words, written as columns: line i of two neighbouring tiles gets word i of
// all rows.
INLINE void store_lines(vec *rows, int line_count, uint32_t *lines, size_t words_per_tile,
                        int has_second_tile) {
  transpose(rows);
  for (int i = 0; i < line_count; i++) {
    const pairs line = (pairs)rows[i];
    *(half_pairs *)(lines + i * FK_TILE) = line.lo;
    if (has_second_tile) *(half_pairs *)(lines + i * FK_TILE + words_per_tile) = line.hi;
  }
}

// A group of pairs of sixteen outputs' weights, those from `output` on.
INLINE void pack_group(const pair_linear *map, const float *matrix, int output, group_kind kind,
                       input_stretch stretch, int pair, int count, uint32_t *tiles,
                       size_t words_per_tile) {
  const int inputs = map->hidden_inputs + map->encoded_inputs;
  vec rows[VECTOR_LANES];
  for (int i = 0; i < VECTOR_LANES; i++) {
    rows[i] = (vec)0.0f;
    if (output + i >= map->outputs) continue;
    const float *row = matrix + (size_t)(output + i) * (size_t)inputs + stretch.start;
    vec first, second;
    split_stretch(kind, load_first(row, stretch.count),
                  load_first(row + VECTOR_LANES, stretch.count - VECTOR_LANES), &first, &second);
    rows[i] = (vec)nearest_pair_of(first, second);
  }
  store_lines(rows, count, tiles + (size_t)(1 + pair) * FK_TILE, words_per_tile,
              output + FK_TILE < map->outputs);
}

INLINE int smaller(int a, int b) { return a < b ? a : b; }

static void pack_forward(const pair_linear *map, const float *weights, uint32_t *packed) {
  const float *matrix = weights + map->weights;
  const float *bias =
      matrix + (size_t)map->outputs * (size_t)(map->hidden_inputs + map->encoded_inputs);
  const size_t words_per_tile = (size_t)(1 + pair_count(map)) * FK_TILE;
  for (int output = 0; output < map->outputs; output += VECTOR_LANES) {
    uint32_t *tiles = packed + map->packed + (size_t)(output / FK_TILE) * words_per_tile;
    const pairs biases = (pairs)load_first(bias + output, map->outputs - output);
    *(half_pairs *)tiles = biases.lo;
    if (output + FK_TILE < map->outputs) *(half_pairs *)(tiles + words_per_tile) = biases.hi;
    for (int pair = 0; pair < map->hidden_pairs; pair += hidden_pairs_per_group)
      pack_group(map, matrix, output, hidden_group,
                 hidden_stretch(map, pair / hidden_pairs_per_group), pair,
                 smaller(map->hidden_pairs - pair, hidden_pairs_per_group), tiles, words_per_tile);
    for (int pair = 0; pair < map->encoded_pairs; pair += encoded_pairs_per_group)
      pack_group(map, matrix, output, pair == 0 ? coordinate_group : octave_group,
                 encoded_stretch(map, pair / encoded_pairs_per_group), map->hidden_pairs + pair,
                 smaller(map->encoded_pairs - pair, encoded_pairs_per_group), tiles,
                 words_per_tile);
  }
}

// Tiles of the transpose of some rows' first `inputs` columns; `last_row` follows them, or is NULL.
static void pack_transposed(const float *rows, size_t stride, int row_count, const float *last_row,
                            int inputs, uint32_t *tiles) {
  const int count = row_count + (last_row ? 1 : 0);
  const size_t words_per_tile = (size_t)(1 + (count + 1) / 2) * FK_TILE;
  for (int input = 0; input < inputs; input += VECTOR_LANES) {
    const int has_second_tile = input + FK_TILE < inputs;
    for (int pair = -1; pair < (count + 1) / 2; pair++) {
      pairs line = (pairs)0;
      if (pair >= 0) {
        vec members[2];
        for (int i = 0; i < 2; i++) {
          const int row = 2 * pair + i;
          const float *from = row < row_count ? rows + (size_t)row * stride : last_row;
          members[i] = row < count ? load_first(from + input, inputs - input) : (vec)0.0f;
        }
        line = nearest_pair_of(members[0], members[1]);
      }
      *(half_pairs *)(tiles + (size_t)(1 + pair) * FK_TILE) = line.lo;
      if (has_second_tile)
        *(half_pairs *)(tiles + (size_t)(1 + pair) * FK_TILE + words_per_tile) = line.hi;
    }
    tiles += 2 * words_per_tile;
  }
}

static void pack_linear(const pair_linear *map, const float *weights, uint32_t *packed) {
  pack_forward(map, weights, packed);
  pack_transposed(weights + map->weights, (size_t)(map->hidden_inputs + map->encoded_inputs),
                  map->outputs, NULL, map->hidden_inputs, packed + map->transposed);
}

static void pack(const fk_plan *plan, const float *weights, uint32_t *packed) {
  const pair_plan layers = fk_make_pair_plan(plan);
  for (int i = 0; i < plan->layer_count; i++) pack_linear(&layers.hidden[i], weights, packed);
  if (plan->field->direction_octaves >= 0) {
    pack_linear(&layers.density, weights, packed);
    pack_linear(&layers.colour, weights, packed);
    pack_linear(&layers.radiance, weights, packed);
    pack_transposed(weights + layers.colour.weights, (size_t)plan->colour.inputs,
                    plan->colour.outputs, weights + layers.density.weights, plan->field->width,
                    packed + layers.head_transposed);
  } else {
    pack_linear(&layers.output, weights, packed);
  }
}
