// Where every layer's weights lie for the bfloat16 kernel, which takes inputs two by two.
#ifndef PAIR_PLAN_H
#define PAIR_PLAN_H

#include "field_plan.h"

// One affine map y = W x + b. Its inputs are, in this order, outputs of a hidden layer and an encoding;
// either may be missing. A pair is
//
//     of hidden outputs   (2i, 2i + 1), the last one alone where their number is odd
//     of a coordinate     its leading and its trailing bits, so that it keeps sixteen
//     of an octave        sine and cosine of one axis
typedef struct pair_linear {
  int hidden_inputs, encoded_inputs, outputs;
  int pairs;
  size_t weights;  // offset of W in the flat array; b follows
  size_t packed;   // offset of the tiles, [outputs / 8][1 + pairs][8]: biases in float32, then pairs
} pair_linear;

typedef struct pair_plan {
  pair_linear hidden[FK_MAXIMUM_HIDDEN_LAYERS];
  pair_linear output;                      // without a view branch
  pair_linear density, colour, radiance;   // with one
  size_t packed_count;                     // 32-bit words
} pair_plan;

pair_plan fk_make_pair_plan(const fk_plan *plan);

#endif
