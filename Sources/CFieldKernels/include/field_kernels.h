// The fused field kernels: positional encoding and the whole coordinate MLP in one call, forward and
// backward, for many samples at once.
//
// What they will not do: allocate memory, start threads, read or write files, keep state between calls.
//
// Samples lie in vector lanes. The unit of work is a block of FK_LANES samples; inside a block every
// activation is a row of FK_LANES floats, so one weight is broadcast and multiplied with many samples.
// A sample's result depends on that sample alone, to the last bit, wherever it stands in a batch.
//
// The network (Mildenhall et al. 2020, sec. 5.1 and appendix A), p = (x − centre) · inverse_half_extent:
//
//     γ(p) = (p, sin 2⁰πp, cos 2⁰πp, …, sin 2^(L−1)πp, cos 2^(L−1)πp)     three values each: x, y, z
//     a₀ = γ(p)      aᵢ₊₁ = relu(Wᵢ aᵢ + bᵢ)      i < hidden_layer_count
//
//     without a view branch   (s, u) = W a + b                            s: 1 value, u: 3 values
//     with one                s = Wσ a + bσ      h = relu(Wh (a, γ(d)) + bh)      u = Wc h + bc
//
//     density σ = density_scale · softplus(s − density_shift)   or   density_scale · exp(s − density_shift)
//     radiance c = 1 / (1 + e^(−u))
//
// Weights are one flat array in the order of the layers above, each W row-major [outputs × inputs] and
// followed by its b; `fk_weight_count` is its length.
//
// Memory: activations and scratch must be 64-byte aligned; all else may have any alignment. No output
// may overlap an input.
//
// Accuracy against double precision, for weights of the usual size: density and radiance within
// 1e-5 of their value plus 2e-6 (in bfloat16 within 2 % and 0.01); weight gradients within 1e-6 of the
// largest entry that their tensor would have if the samples' parts were added without their signs (in
// bfloat16 within 6 % of such a tensor, in the mean square). What is not a number on the way to density
// or radiance is not a number there.
#ifndef FIELD_KERNELS_H
#define FIELD_KERNELS_H

#include <stddef.h>
#include <stdint.h>

// Samples per block.
#define FK_LANES 32

#define FK_MAXIMUM_HIDDEN_LAYERS 16
#define FK_MAXIMUM_WIDTH 256
#define FK_MAXIMUM_POSITION_OCTAVES 16
#define FK_MAXIMUM_DIRECTION_OCTAVES 8

enum { FK_SHIFTED_SOFTPLUS = 0, FK_TRUNCATED_EXPONENTIAL = 1 };

// The shape of one field network and the constants of its input and output maps.
typedef struct fk_field {
  int32_t position_octaves;    // L, 0…16
  int32_t hidden_layer_count;  // 1…16
  int32_t width;               // of every hidden layer, 1…256
  int32_t direction_octaves;   // of γ(d), 0…8; −1: no view branch
  int32_t colour_width;        // of h, 1…256; ignored without a view branch
  int32_t density_activation;  // FK_SHIFTED_SOFTPLUS or FK_TRUNCATED_EXPONENTIAL
  float density_shift;
  float density_scale;
  float centre[3];             // scene units
  float inverse_half_extent;   // 1 / scene units
} fk_field;

// A batch of samples, one array per coordinate. Directions are read only with a view branch.
typedef struct fk_inputs {
  const float *x, *y, *z;
  const float *direction_x, *direction_y, *direction_z;
} fk_inputs;

// ∂L/∂position of a batch, per scene unit; all NULL where it is not wanted.
typedef struct fk_positions {
  float *x, *y, *z;
} fk_positions;

// What the field gives for a batch, or the loss's derivatives with respect to it.
typedef struct fk_outputs {
  float *density, *red, *green, *blue;
} fk_outputs;

// One set of kernels for one instruction set.
typedef struct fk_backend fk_backend;

// Backend number `index`, slowest first; NULL past the last. Some may not run on this CPU.
const fk_backend *fk_backend_at(int32_t index);

// "portable" or, on arm64, "neon"; "avx2", "avx512".
const char *fk_backend_name(const fk_backend *backend);

// Whether this CPU runs the backend: 1 or 0.
int32_t fk_backend_runs_here(const fk_backend *backend);

// The length of the flat weight array, floats.
size_t fk_weight_count(const fk_field *field);

// The length of the packed weights, floats: forward tiles, then transposed tiles for the backward pass.
size_t fk_packed_count(const fk_field *field);

// Rearranges flat weights for the kernels. Call once per set of weights.
void fk_pack(const fk_field *field, const float *weights, float *packed);

// Evaluates the field at `count` samples.
void fk_forward(const fk_backend *backend, const fk_field *field, const float *packed, size_t count,
                fk_inputs inputs, fk_outputs outputs);

// The length of the activations that `fk_forward_storing` keeps for `count` samples, floats.
size_t fk_activation_count(const fk_field *field, size_t count);

// As `fk_forward`, and keeps every layer's activations for `fk_backward`.
void fk_forward_storing(const fk_backend *backend, const fk_field *field, const float *packed,
                        size_t count, fk_inputs inputs, fk_outputs outputs, float *activations);

// The length of the scratch memory that `fk_backward` needs for `count` samples, floats.
size_t fk_backward_scratch_count(const fk_field *field, size_t count);

// Adds ∂L/∂weights to `weight_gradient` (the order of the flat weights), and writes ∂L/∂position.
//
// `activations` and `outputs` are what `fk_forward_storing` made of the same samples; `output_gradient`
// holds ∂L/∂density and ∂L/∂radiance per sample. The sum runs over samples in one fixed order.
void fk_backward(const fk_backend *backend, const fk_field *field, const float *packed, size_t count,
                 const float *activations, fk_outputs outputs, fk_outputs output_gradient,
                 float *weight_gradient, fk_positions position_gradient, float *scratch);

// ---- Half the bits -----------------------------------------------------------------------------
//
// The same with weights, activations and gradients in bfloat16 (eight bits of precision) and sums in
// float32: two products an instruction where the CPU has AVX512_BF16. Call the functions that have work
// to do only where `fk_bfloat16_runs_here`. There are no gradients of positions.

// Whether this CPU runs them: 1 or 0.
int32_t fk_bfloat16_runs_here(void);

// The length of the packed weights, 32-bit words.
size_t fk_packed_bfloat16_count(const fk_field *field);

// Rounds and rearranges flat weights.
void fk_pack_bfloat16(const fk_field *field, const float *weights, uint32_t *packed);

// The lengths of the activations and of the scratch memory for `count` samples, 32-bit words.
size_t fk_activation_bfloat16_count(const fk_field *field, size_t count);
size_t fk_backward_bfloat16_scratch_count(const fk_field *field, size_t count);

// As `fk_forward`; keeps every layer's activations unless there is no place for them (NULL).
void fk_forward_bfloat16(const fk_field *field, const uint32_t *packed, size_t count,
                         fk_inputs inputs, fk_outputs outputs, uint32_t *activations);

// As `fk_backward`, without positions.
void fk_backward_bfloat16(const fk_field *field, const uint32_t *packed, size_t count,
                          const uint32_t *activations, fk_outputs outputs,
                          fk_outputs output_gradient, float *weight_gradient, uint32_t *scratch);

#endif
