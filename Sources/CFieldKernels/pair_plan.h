// Where every layer's weights, activations and gradients lie for the bfloat16 kernels, which take inputs
// two by two.
#ifndef PAIR_PLAN_H
#define PAIR_PLAN_H

#include "field_plan.h"

enum {
  // Pairs that a transposition takes together: of hidden outputs, and of an encoding, where fifteen are
  // whole octaves (and before the first of them the coordinates).
  hidden_pairs_per_group = 16,
  encoded_pairs_per_group = 15,
};

// One affine map y = W x + b. Its inputs are, in this order, outputs of a hidden layer and an encoding;
// either may be missing. A pair is
//
//     of hidden outputs   (2i, 2i + 1), the last one alone where their number is odd
//     of a coordinate     its leading and its trailing bits, so that it keeps sixteen
//     of an octave        sine and cosine of one axis
typedef struct pair_linear {
  int hidden_inputs, encoded_inputs, outputs;
  int hidden_pairs, encoded_pairs;
  size_t weights;  // offset of W in the flat array; b follows
  size_t packed;   // offset of the tiles, [outputs / 8][1 + pairs][8]: biases in float32, then pairs
  // Offset of the tiles of Wᵀ for the hidden inputs, [hidden_inputs / 8][1 + pairs of outputs][8], of
  // which the first line is zero.
  size_t transposed;
} pair_linear;

static inline int pair_count(const pair_linear *map) {
  return map->hidden_pairs + map->encoded_pairs;
}

// The network as the kernels walk it. Rows are of FK_LANES words, a pair per sample.
typedef struct pair_plan {
  pair_linear hidden[FK_MAXIMUM_HIDDEN_LAYERS];
  pair_linear output;                      // without a view branch
  pair_linear density, colour, radiance;   // with one
  size_t head_transposed;  // tiles of (Wh; Wσ)ᵀ: the gradient of the last hidden layer in one product
  int hidden_row[FK_MAXIMUM_HIDDEN_LAYERS + 1];  // [0]: γ(p); [i]: output of hidden layer i − 1
  int colour_row;
  int row_count;       // rows of a block of activations
  int gradient_rows;   // outputs of the widest layer, in whole tiles
  int group_count;     // of the layer with the most groups of inputs
  size_t packed_count; // 32-bit words
} pair_plan;

pair_plan fk_make_pair_plan(const fk_plan *plan);

#endif
