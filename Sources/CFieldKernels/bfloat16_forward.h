// The forward pass in bfloat16.
//
// Part of kernels_bfloat16.c. A row holds one pair of inputs for the FK_LANES samples of a block; sums
// are float32, and a hidden layer's outputs become pairs again as they are stored.

// Pairs that the inner loop takes at a time.
enum { PAIRS_PER_TURN = 8 };

INLINE void add_pair(const uint32_t *restrict p, const uint32_t *restrict in, int rows, vec *first,
                     vec *second) {
  const pairs a = load_pairs(in), b = load_pairs(in + VECTOR_LANES);
#pragma clang loop unroll(full)
  for (int j = 0; j < rows; j++) {
    const pairs weight = (pairs)p[j];
    first[j] = add_products(first[j], weight, a);
    second[j] = add_products(second[j], weight, b);
  }
}

// `rows` sums × 2 vectors of samples, all in registers: a tile's first line and the products of its others
// with the rows `in`.
INLINE void tile_sums(const uint32_t *restrict p, const uint32_t *restrict in, int count, int rows,
                      vec *first, vec *second) {
#pragma clang loop unroll(full)
  for (int j = 0; j < rows; j++) first[j] = second[j] = (vec)(pairs)p[j];
  p += FK_TILE;
  int k = 0;
  for (; k + PAIRS_PER_TURN <= count; k += PAIRS_PER_TURN) {
#pragma clang loop unroll(full)
    for (int i = 0; i < PAIRS_PER_TURN; i++)
      add_pair(p + i * FK_TILE, in + i * FK_LANES, rows, first, second);
    p += PAIRS_PER_TURN * FK_TILE;
    in += PAIRS_PER_TURN * FK_LANES;
  }
  for (; k < count; k++) {
    add_pair(p, in, rows, first, second);
    p += FK_TILE;
    in += FK_LANES;
  }
}

// `rows` outputs of a block, cut off below zero, as rows of pairs.
INLINE void hidden_tile(const uint32_t *restrict p, const uint32_t *restrict in,
                        uint32_t *restrict out, int count, int rows) {
  vec first[FK_TILE], second[FK_TILE];
  tile_sums(p, in, count, rows, first, second);
  const vec zero = (vec)0.0f;
#pragma clang loop unroll(full)
  for (int j = 0; j < rows; j += 2) {
    uint32_t *row = out + j / 2 * FK_LANES;
    store_pairs(row, pair_of(at_least(first[j], zero), at_least(first[j + 1], zero)));
    store_pairs(row + VECTOR_LANES,
                pair_of(at_least(second[j], zero), at_least(second[j + 1], zero)));
  }
}

// One layer for a block. Outputs are rounded up to a multiple of four; those that are none are zero.
static void hidden_layer(const uint32_t *packed, const pair_linear *map, const uint32_t *in,
                         uint32_t *out) {
  const uint32_t *tiles = packed + map->packed;
  const int count = pair_count(map);
  for (int output = 0; output < map->outputs; output += FK_TILE) {
    uint32_t *to = out + output / 2 * FK_LANES;
    if (map->outputs - output > 4)
      hidden_tile(tiles, in, to, count, FK_TILE);
    else
      hidden_tile(tiles, in, to, count, 4);
    tiles += (size_t)(1 + count) * FK_TILE;
  }
}

// The density and radiance layers, of at most four outputs, as float32 rows.
static void output_layer(const uint32_t *packed, const pair_linear *map, const uint32_t *in,
                         float *out) {
  vec first[FK_TILE], second[FK_TILE];
  tile_sums(packed + map->packed, in, pair_count(map), 4, first, second);
#pragma clang loop unroll(full)
  for (int j = 0; j < 4; j++) {
    store(out + j * FK_LANES, first[j]);
    store(out + j * FK_LANES + VECTOR_LANES, second[j]);
  }
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

static void forward(const fk_plan *plan, const uint32_t *packed, size_t count, fk_inputs inputs,
                    fk_outputs outputs, uint32_t *activations) {
  const fk_field *field = plan->field;
  const pair_plan layers = fk_make_pair_plan(plan);
  // Without a place to keep them, activations alternate between two buffers that stay in L1.
  _Alignas(64) uint32_t buffers[2][widest_layer_rows * FK_LANES];
  _Alignas(64) float coordinates[3 * FK_LANES];
  _Alignas(64) float raw[4 * FK_LANES], raw_radiance[4 * FK_LANES];

  for (size_t start = 0; start < count; start += FK_LANES) {
    const size_t lanes = count - start < FK_LANES ? count - start : FK_LANES;
    uint32_t *block =
        activations ? activations + start / FK_LANES * (size_t)layers.row_count * FK_LANES : NULL;
    uint32_t *in = block ? block : buffers[0];
    load_positions(field, inputs, start, lanes, coordinates);
    encode(coordinates, field->position_octaves, (float *)in, put_coordinate, put_octave);
    for (int i = 0; i < plan->layer_count; i++) {
      uint32_t *out = block ? block + layers.hidden_row[i + 1] * FK_LANES : buffers[(i + 1) & 1];
      hidden_layer(packed, &layers.hidden[i], in, out);
      in = out;
    }
    if (field->direction_octaves >= 0) {
      uint32_t *hidden = block ? block + layers.colour_row * FK_LANES
                               : buffers[(plan->layer_count + 1) & 1];
      load_directions(inputs, start, lanes, coordinates);
      encode(coordinates, field->direction_octaves,
             (float *)(in + layers.density.hidden_pairs * FK_LANES), put_coordinate, put_octave);
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
