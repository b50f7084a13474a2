// The affine maps of one instruction set.
#ifndef AFFINE_PLAN_H
#define AFFINE_PLAN_H

#include "affine_kernels.h"

typedef struct affine_backend {
  void (*forward)(size_t rows, size_t inputs, size_t batch, const float *x, size_t x_stride,
                  const float *weights, const float *bias, float *y, size_t y_stride);
  void (*input_gradient)(size_t rows, size_t inputs, size_t batch, const float *u,
                         size_t u_stride, const float *weights, float *slopes);
  void (*adam)(const fk_adam *adam, size_t rows, size_t inputs, size_t batch, const float *u,
               size_t u_stride, const float *x, size_t x_stride, float *weights,
               float *first_moment, float *second_moment);
} affine_backend;

extern const affine_backend affine_portable_backend;
#if defined(__x86_64__)
extern const affine_backend affine_avx2_backend;
extern const affine_backend affine_avx512_backend;
#endif

#endif
