// The loops of `peak.h`, one source for all instruction sets.
#include "peak.h"

#include <stddef.h>

// Where the CPU has a fused multiply-add, the compiler may use it.
#pragma clang fp contract(fast)

struct fk_peak {
  const char *name;
  int32_t multiplies_bfloat16;
  int32_t value_count;
  int32_t (*runs_here)(void);
  void (*run)(uint64_t rounds, float *values);
};

// Constants that the compiler does not know, or it would multiply two rounds into one.
static volatile const float float32_constants[4] = {-1.25f, 0.75f, -0.792f, 0.5f};

// Defines a loop of CHAINS vectors of LANES lanes: as many chains as leave room for the constants in
// the registers.
#define FLOAT32_LOOP(NAME, LANES, CHAINS)                                                        \
  static void NAME(uint64_t rounds, float *values) {                                             \
    typedef float vector __attribute__((ext_vector_type(LANES), aligned(4)));                    \
    typedef float lanes __attribute__((ext_vector_type(LANES)));                                 \
    const lanes first_factor = float32_constants[0], first_term = float32_constants[1];          \
    const lanes second_factor = float32_constants[2], second_term = float32_constants[3];        \
    lanes chain[CHAINS];                                                                         \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < CHAINS; i++) {                        \
      for (int lane = 0; lane < LANES; lane++)                                                   \
        chain[i][lane] = (float)(i * LANES + lane) / 64;                                         \
    }                                                                                            \
    for (uint64_t round = 0; round < rounds; round++) {                                          \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < CHAINS; i++)                        \
        chain[i] = chain[i] * first_factor + first_term;                                         \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < CHAINS; i++)                        \
        chain[i] = chain[i] * second_factor + second_term;                                       \
    }                                                                                            \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < CHAINS; i++)                          \
      *(vector *)(values + i * LANES) = chain[i];                                                \
  }

static int32_t runs_anywhere(void) { return 1; }

FLOAT32_LOOP(run_portable, 4, 12)

static const fk_peak portable_peak = {"portable", 0, 4 * 12, runs_anywhere, run_portable};

#if defined(__x86_64__)

#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
FLOAT32_LOOP(run_avx2, 8, 12)
#pragma clang attribute pop

static int32_t runs_avx2(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static const fk_peak avx2_peak = {"avx2", 0, 8 * 12, runs_avx2, run_avx2};

#pragma clang attribute push(__attribute__((target("avx512f,avx2,fma"))), apply_to = function)
FLOAT32_LOOP(run_avx512, 16, 16)
#pragma clang attribute pop

static int32_t runs_avx512(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma");
}

static const fk_peak avx512_peak = {"avx512", 0, 16 * 16, runs_avx512, run_avx512};

// Two bfloat16 numbers in one lane of 32 bits; the first one is the lower half.
static volatile const uint32_t bfloat16_constants[4] = {
    0x3F003FC0,  // (1.5, 0.5)
    0x3E803F40,  // (0.75, 0.25)
    0xBF00BFA0,  // (−1.25, −0.5)
    0x3F003F40,  // (0.75, 0.5)
};

#define BFLOAT16_TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))

BFLOAT16_TARGET static void run_bfloat16(uint64_t rounds, float *values) {
  enum { lanes = 16, chains = 16 };
  const __m512bh first_factor = (__m512bh)_mm512_set1_epi32((int)bfloat16_constants[0]);
  const __m512bh first_other = (__m512bh)_mm512_set1_epi32((int)bfloat16_constants[1]);
  const __m512bh second_factor = (__m512bh)_mm512_set1_epi32((int)bfloat16_constants[2]);
  const __m512bh second_other = (__m512bh)_mm512_set1_epi32((int)bfloat16_constants[3]);
  __m512 chain[chains];
#pragma clang loop unroll(full)
  for (int i = 0; i < chains; i++) {
    for (int lane = 0; lane < lanes; lane++) chain[i][lane] = (float)(i * lanes + lane) / 64;
  }
  for (uint64_t round = 0; round < rounds; round++) {
#pragma clang loop unroll(full)
    for (int i = 0; i < chains; i++)
      chain[i] = _mm512_dpbf16_ps(chain[i], first_factor, first_other);
#pragma clang loop unroll(full)
    for (int i = 0; i < chains; i++)
      chain[i] = _mm512_dpbf16_ps(chain[i], second_factor, second_other);
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < chains; i++) _mm512_storeu_ps(values + i * lanes, chain[i]);
}

static int32_t runs_bfloat16(void) {
  return __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl");
}

static const fk_peak bfloat16_peak = {"avx512_bf16", 1, 16 * 16, runs_bfloat16, run_bfloat16};

#endif

static const fk_peak *const peaks[] = {
    &portable_peak,
#if defined(__x86_64__)
    &avx2_peak, &avx512_peak, &bfloat16_peak,
#endif
};

enum { peak_count = sizeof peaks / sizeof peaks[0] };

const fk_peak *fk_peak_at(int32_t index) {
  return index >= 0 && index < peak_count ? peaks[index] : NULL;
}

const char *fk_peak_name(const fk_peak *peak) { return peak->name; }

int32_t fk_peak_multiplies_bfloat16(const fk_peak *peak) { return peak->multiplies_bfloat16; }

int32_t fk_peak_runs_here(const fk_peak *peak) { return peak->runs_here(); }

int32_t fk_peak_value_count(const fk_peak *peak) { return peak->value_count; }

uint64_t fk_peak_run(const fk_peak *peak, uint64_t rounds, float *values) {
  peak->run(rounds, values);
  const uint64_t operations = peak->multiplies_bfloat16 ? 4 : 2;
  return 2 * operations * (uint64_t)peak->value_count * rounds;
}
