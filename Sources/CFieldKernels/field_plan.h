// Where every layer's weights and activations lie: derived from a field's shape, shared by all kernels.
#ifndef FIELD_PLAN_H
#define FIELD_PLAN_H

#include "field_kernels.h"

// Outputs per packed tile.
#define FK_TILE 8

// Inputs of a layer that a tile of its weight gradient takes at most.
#define FK_TRANSPOSED_TILE 32

// One affine map y = W x + b of the network.
typedef struct fk_linear {
  int inputs, outputs;
  size_t weights;     // offset of W in the flat array; b follows
  size_t packed;      // offset of the tiles of (b, W) in the packed array
  size_t transposed;  // offset of the tiles of Wᵀ
} fk_linear;

// The network as the kernels walk it. Row numbers count rows of FK_LANES floats inside a block of
// stored activations.
typedef struct fk_plan {
  const fk_field *field;
  int position_inputs, direction_inputs;  // lengths of γ(p), γ(d); the latter 0 without a view branch
  int layer_count;                        // hidden layers
  fk_linear hidden[FK_MAXIMUM_HIDDEN_LAYERS];
  fk_linear output;                        // without a view branch
  fk_linear density, colour, radiance;     // with one
  // Tiles of the stacked transpose (Wh; Wσ)ᵀ: the gradient of the last hidden layer in one product.
  size_t head_transposed;
  int hidden_row[FK_MAXIMUM_HIDDEN_LAYERS + 1];  // [0]: γ(p); [i]: output of hidden layer i − 1
  int colour_row;
  int row_count;          // rows of a block of activations
  int gradient_rows;      // rows of the widest gradient
  int transposed_inputs;  // features of the widest layer input, in whole tiles
  size_t weight_count, packed_count;
} fk_plan;

fk_plan fk_make_plan(const fk_field *field);

static inline int fk_padded(int count) { return (count + FK_TILE - 1) / FK_TILE * FK_TILE; }

// The kernels of one instruction set.
struct fk_backend {
  const char *name;
  int32_t (*runs_here)(void);
  void (*forward)(const fk_plan *plan, const float *packed, size_t count, fk_inputs inputs,
                  fk_outputs outputs, float *activations);
  void (*backward)(const fk_plan *plan, const float *packed, size_t count, const float *activations,
                   fk_outputs outputs, fk_outputs output_gradient, float *weight_gradient,
                   fk_positions position_gradient, float *scratch);
};

extern const fk_backend fk_portable_backend;
#if defined(__x86_64__)
extern const fk_backend fk_avx2_backend;
extern const fk_backend fk_avx512_backend;
#endif

#endif
