// A block of samples in and out: coordinates → encoded rows, raw outputs → density and radiance.
//
// A block is FK_LANES samples; a row holds one quantity of all of them.

// Copies up to FK_LANES values and fills the rest of the row with zeros.
INLINE void load_row(const float *restrict source, size_t count, float *restrict row) {
  if (count == FK_LANES) {
    for (int v = 0; v < vectors_per_row; v++)
      store(row + v * VECTOR_LANES, *(const unaligned_vec *)(source + v * VECTOR_LANES));
  } else {
    for (size_t i = 0; i < FK_LANES; i++) row[i] = i < count ? source[i] : 0;
  }
}

INLINE void store_row(const float *restrict row, size_t count, float *restrict destination) {
  if (count == FK_LANES) {
    for (int v = 0; v < vectors_per_row; v++)
      *(unaligned_vec *)(destination + v * VECTOR_LANES) = load(row + v * VECTOR_LANES);
  } else {
    for (size_t i = 0; i < count; i++) destination[i] = row[i];
  }
}

// The positions of a block's samples, normalised to the bound: three rows.
INLINE void load_positions(const fk_field *field, fk_inputs inputs, size_t start, size_t lanes,
                           float *rows) {
  const float *positions[3] = {inputs.x, inputs.y, inputs.z};
  for (int axis = 0; axis < 3; axis++) {
    load_row(positions[axis] + start, lanes, rows);
    for (int v = 0; v < vectors_per_row; v++) {
      float *at = rows + v * VECTOR_LANES;
      store(at, (load(at) - field->centre[axis]) * field->inverse_half_extent);
    }
    rows += FK_LANES;
  }
}

// Their view directions: three rows.
INLINE void load_directions(fk_inputs inputs, size_t start, size_t lanes, float *rows) {
  const float *directions[3] = {inputs.direction_x, inputs.direction_y, inputs.direction_z};
  for (int axis = 0; axis < 3; axis++)
    load_row(directions[axis] + start, lanes, rows + axis * FK_LANES);
}

// ---- Positional encoding -----------------------------------------------------------------------

// Where a kernel keeps one axis of an encoding: the coordinate itself, or the sine and cosine of an
// octave. `rows` is where the encoding begins, at the vector's first lane.
typedef void (*coordinate_sink)(float *rows, int axis, vec coordinate);
typedef void (*octave_sink)(float *rows, int octave, int axis, vec sine, vec cosine);

// γ of three rows of coordinates.
//
// Every other octave is computed from its angle, and the next one by doubling it,
//
//     sin 2x = 2 sin x cos x      cos 2x = 1 − 2 sin² x
//
// which keeps the absolute error below 2√2 times that of the angle itself, 6e-7, at half the cost.
INLINE void encode(const float *coordinates, int octaves, float *rows,
                   coordinate_sink put_coordinate, octave_sink put_octave) {
  for (int v = 0; v < vectors_per_row; v++) {
    const int lane = v * VECTOR_LANES;
    vec t[3];
    for (int axis = 0; axis < 3; axis++) {
      t[axis] = load(coordinates + axis * FK_LANES + lane);
      put_coordinate(rows + lane, axis, t[axis]);
    }
    for (int octave = 0; octave < octaves; octave += 2) {
      for (int axis = 0; axis < 3; axis++) {
        vec sine, cosine;
        sine_and_cosine_of_pi_times(t[axis], &sine, &cosine);
        put_octave(rows + lane, octave, axis, sine, cosine);
        if (octave + 1 < octaves) {
          const vec twice = sine + sine;
          put_octave(rows + lane, octave + 1, axis, twice * cosine, 1.0f - twice * sine);
        }
        t[axis] *= 4.0f;
      }
    }
  }
}

// ---- Output activations ------------------------------------------------------------------------

// Rows of raw outputs s and u → density and radiance of a block's samples.
INLINE void store_outputs(const fk_field *field, const float *density, const float *radiance,
                          size_t start, size_t lanes, fk_outputs outputs) {
  float *destinations[4] = {outputs.density, outputs.red, outputs.green, outputs.blue};
  for (int i = 0; i < 4; i++) {
    const float *raw = i == 0 ? density : radiance + (i - 1) * FK_LANES;
    _Alignas(64) float row[FK_LANES];
    for (int v = 0; v < vectors_per_row; v++) {
      const vec value = load(raw + v * VECTOR_LANES);
      store(row + v * VECTOR_LANES, i == 0 ? density_of(field, value) : sigmoid(value));
    }
    store_row(row, lanes, destinations[i] + start);
  }
}

// Rows of the widest layer's input or output, what a register tile reads past them, and some more, so
// that in two such buffers behind each other no row lies where its neighbours do within a page.
enum {
  widest_layer_rows = FK_MAXIMUM_WIDTH + 6 * FK_MAXIMUM_DIRECTION_OCTAVES + 3 + FK_TILE + 10,
};
