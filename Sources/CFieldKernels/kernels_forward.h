// The forward pass, written once for any vector width.
//
// Each kernels_*.c sets OUTPUT_TILE, the outputs in a register tile of a layer: 4 or 8, so that
// OUTPUT_TILE × 2 sums, two vectors of activations and a weight fit the registers.
//
// Letters: `p` walks packed weights; `v` counts the vectors of a row.

// ---- One layer ---------------------------------------------------------------------------------

// What becomes of a layer's sums: kept, cut off below zero, or passed where `mask` is positive.
typedef enum { linear_output, relu_output, masked_output } output_kind;

// Inputs that the inner loop takes at a time: so few turns that the CPU foresees the last one, and
// begins with the next tile before this one's sums are done.
enum { INPUTS_PER_TURN = 8 };

// One input's part of `rows` outputs for 2 vectors of samples.
INLINE void add_input(const float *restrict p, const float *restrict in, int rows, vec *first,
                      vec *second) {
  const vec a = load(in), b = load(in + VECTOR_LANES);
#pragma clang loop unroll(full)
  for (int j = 0; j < rows; j++) {
    const vec weight = (vec)p[j];
    first[j] += weight * a;
    second[j] += weight * b;
  }
}

// The parts of `count` inputs, a number that the compiler knows.
INLINE void add_inputs(const float *restrict p, const float *restrict in, int count, int rows,
                       vec *first, vec *second) {
#pragma clang loop unroll(full)
  for (int i = 0; i < count; i++) add_input(p + i * FK_TILE, in + i * FK_LANES, rows, first, second);
}

// `rows` outputs × 2 vectors of samples, all in registers.
INLINE void layer_tile(const float *restrict p, const float *restrict in, float *restrict out,
                       int inputs, output_kind kind, const float *restrict mask, int rows) {
  vec first[FK_TILE], second[FK_TILE];
#pragma clang loop unroll(full)
  for (int j = 0; j < rows; j++) first[j] = second[j] = (vec)p[j];
  p += FK_TILE;
  int k = 0;
  for (; k + INPUTS_PER_TURN <= inputs; k += INPUTS_PER_TURN) {
    add_inputs(p, in, INPUTS_PER_TURN, rows, first, second);
    p += INPUTS_PER_TURN * FK_TILE;
    in += INPUTS_PER_TURN * FK_LANES;
  }
  // The rest by powers of two, without a loop.
#pragma clang loop unroll(full)
  for (int count = INPUTS_PER_TURN / 2; count > 0; count /= 2) {
    if (k + count > inputs) continue;
    add_inputs(p, in, count, rows, first, second);
    p += count * FK_TILE;
    in += count * FK_LANES;
    k += count;
  }
#pragma clang loop unroll(full)
  for (int j = 0; j < rows; j++) {
    if (kind == relu_output) {
      first[j] = at_least(first[j], (vec)0.0f);
      second[j] = at_least(second[j], (vec)0.0f);
    } else if (kind == masked_output) {
      first[j] = keep(load(mask + j * FK_LANES) > 0, first[j]);
      second[j] = keep(load(mask + j * FK_LANES + VECTOR_LANES) > 0, second[j]);
    }
    store(out + j * FK_LANES, first[j]);
    store(out + j * FK_LANES + VECTOR_LANES, second[j]);
  }
}

// One affine map for a block: rows `in` → rows `out`. Writes outputs rounded up to a multiple of four.
INLINE void layer(const float *tiles, const float *in, float *out, int inputs, int outputs,
                  output_kind kind, const float *mask) {
  const size_t tile_floats = (size_t)(1 + inputs) * FK_TILE;
  for (int output = 0; output < outputs; output += OUTPUT_TILE) {
    const float *p = tiles + (size_t)(output / FK_TILE) * tile_floats + output % FK_TILE;
    for (int v = 0; v < vectors_per_row; v += 2) {
      const int lane = v * VECTOR_LANES;
      float *to = out + output * FK_LANES + lane;
      const float *pass = mask ? mask + output * FK_LANES + lane : NULL;
      if (outputs - output > 4)
        layer_tile(p, in + lane, to, inputs, kind, pass, OUTPUT_TILE);
      else
        layer_tile(p, in + lane, to, inputs, kind, pass, 4);
    }
  }
}

INLINE void relu_layer(const float *packed, fk_linear map, const float *in, float *out) {
  layer(packed + map.packed, in, out, map.inputs, map.outputs, relu_output, NULL);
}

INLINE void linear_layer(const float *packed, fk_linear map, const float *in, float *out) {
  layer(packed + map.packed, in, out, map.inputs, map.outputs, linear_output, NULL);
}

// ---- All layers --------------------------------------------------------------------------------

INLINE void put_coordinate(float *rows, int axis, vec coordinate) {
  store(rows + axis * FK_LANES, coordinate);
}

INLINE void put_octave(float *rows, int octave, int axis, vec sine, vec cosine) {
  float *at = rows + (3 + 6 * octave + axis) * FK_LANES;
  store(at, sine);
  store(at + 3 * FK_LANES, cosine);
}

static void forward(const fk_plan *plan, const float *packed, size_t count, fk_inputs inputs,
                    fk_outputs outputs, float *activations) {
  const fk_field *field = plan->field;
  // Without a place to keep them, activations alternate between two buffers that stay in L1.
  _Alignas(64) float buffers[2][widest_layer_rows * FK_LANES];
  _Alignas(64) float coordinates[3 * FK_LANES];
  _Alignas(64) float raw[4 * FK_LANES], raw_radiance[4 * FK_LANES];

  for (size_t start = 0; start < count; start += FK_LANES) {
    const size_t lanes = count - start < FK_LANES ? count - start : FK_LANES;
    float *block =
        activations ? activations + start / FK_LANES * (size_t)plan->row_count * FK_LANES : NULL;

    // 1. Positions, encoded.
    float *in = block ? block : buffers[0];
    load_positions(field, inputs, start, lanes, coordinates);
    encode(coordinates, field->position_octaves, in, put_coordinate, put_octave);

    // 2. Hidden layers.
    for (int i = 0; i < plan->layer_count; i++) {
      float *out = block ? block + plan->hidden_row[i + 1] * FK_LANES : buffers[(i + 1) & 1];
      relu_layer(packed, plan->hidden[i], in, out);
      in = out;
    }

    // 3. Density and radiance.
    if (field->direction_octaves >= 0) {
      load_directions(inputs, start, lanes, coordinates);
      encode(coordinates, field->direction_octaves, in + field->width * FK_LANES, put_coordinate,
             put_octave);
      float *hidden = block ? block + plan->colour_row * FK_LANES
                            : buffers[(plan->layer_count + 1) & 1];
      linear_layer(packed, plan->density, in, raw);
      relu_layer(packed, plan->colour, in, hidden);
      linear_layer(packed, plan->radiance, hidden, raw_radiance);
      store_outputs(field, raw, raw_radiance, start, lanes, outputs);
    } else {
      linear_layer(packed, plan->output, in, raw);
      store_outputs(field, raw, raw + FK_LANES, start, lanes, outputs);
    }
  }
}
