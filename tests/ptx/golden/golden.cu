// SPDX-License-Identifier: Apache-2.0
// What is compared between a GPU and the virtual device: ulp histograms of approximations against
// double, sums of conversions' results, tensor-core products and wmma fragments.
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <mma.h>

using u32 = unsigned;
using u64 = unsigned long long;

// bins: [0] equal, [1 + b] distances of b + 1 bits, [33] NaN, infinity or zero where the reference
// has another, [34] the largest distance.
constexpr int kSpecial = 33, kLargest = 34, kBins = 35;

__device__ u32 mix(u32 x) {
  x = (x ^ x >> 16) * 0x7FEB352Du;
  x = (x ^ x >> 15) * 0x846CA68Bu;
  return x ^ x >> 16;
}

__device__ void count(u64* bins, u32 distance) {
  atomicAdd(&bins[distance == 0 ? 0 : 32 - __clz(distance)], 1ull);
  atomicMax(&bins[kLargest], static_cast<u64>(distance));
}

__device__ int ordered(int bits, int sign) {
  return bits & sign ? -(bits & (sign - 1)) : bits;
}

// Of two codes whose infinity is `infinity`.
__device__ void count_codes(u64* bins, u32 got, u32 wanted, u32 sign) {
  const u32 infinity = sign == 0x80000000u ? 0x7F800000u : sign;
  const u32 a = got & (sign - 1), b = wanted & (sign - 1);
  const bool nan = a > infinity, wants_nan = b > infinity;
  if (nan && wants_nan) return count(bins, 0);
  const bool special = nan != wants_nan || (a == infinity) != (b == infinity) ||
                       (a == 0 && b == 0 && got != wanted);
  if (special) {
    atomicAdd(&bins[kSpecial], 1ull);
    return;
  }
  count(bins, abs(ordered(got, sign) - ordered(wanted, sign)));
}

__device__ float flush(float x) {
  return fabsf(x) < 1.17549435e-38f ? copysignf(0.0f, x) : x;
}

// Every `stride`-th of the 2^32 inputs, `each` a thread.
template <class Body>
__device__ void for_inputs(u32 stride, u32 each, u64* bins, Body body) {
  __shared__ u64 local[kBins];
  for (int i = threadIdx.x; i < kBins; i += blockDim.x) local[i] = 0;
  __syncthreads();
  const u32 first = (blockIdx.x * blockDim.x + threadIdx.x) * each;
  for (u32 j = 0; j < each; ++j) body((first + j) * stride, local);
  __syncthreads();
  for (int i = threadIdx.x; i < kLargest; i += blockDim.x) atomicAdd(&bins[i], local[i]);
  if (threadIdx.x == 0) atomicMax(&bins[kLargest], local[kLargest]);
}

#define UNARY(name, text, reference, ftz)                                                 \
  extern "C" __global__ void name(u32 stride, u32 each, u64* bins) {                      \
    for_inputs(stride, each, bins, [](u32 bits, u64* local) {                             \
      const float x = __uint_as_float(bits);                                              \
      float got;                                                                          \
      asm(text " %0, %1;" : "=f"(got) : "f"(x));                                          \
      const double v = ftz ? flush(x) : x;                                                \
      const float wanted = static_cast<float>(reference);                                 \
      count_codes(local, __float_as_uint(got), __float_as_uint(ftz ? flush(wanted) : wanted), \
                  0x80000000u);                                                           \
    });                                                                                   \
  }
UNARY(ex2_approx_f32, "ex2.approx.f32", exp2(v), false)
UNARY(ex2_approx_ftz_f32, "ex2.approx.ftz.f32", exp2(v), true)
UNARY(lg2_approx_f32, "lg2.approx.f32", log2(v), false)
UNARY(lg2_approx_ftz_f32, "lg2.approx.ftz.f32", log2(v), true)
UNARY(rcp_approx_f32, "rcp.approx.f32", 1 / v, false)
UNARY(rcp_approx_ftz_f32, "rcp.approx.ftz.f32", 1 / v, true)
UNARY(sqrt_approx_f32, "sqrt.approx.f32", sqrt(v), false)
UNARY(sqrt_approx_ftz_f32, "sqrt.approx.ftz.f32", sqrt(v), true)
UNARY(rsqrt_approx_f32, "rsqrt.approx.f32", 1 / sqrt(v), false)
UNARY(rsqrt_approx_ftz_f32, "rsqrt.approx.ftz.f32", 1 / sqrt(v), true)
UNARY(tanh_approx_f32, "tanh.approx.f32", tanh(v), false)

// Distances in 2^-30, for |x| <= pi.
#define PERIODIC(name, text, function)                                    \
  extern "C" __global__ void name(u32 stride, u32 each, u64* bins) {      \
    for_inputs(stride, each, bins, [](u32 bits, u64* local) {             \
      const float x = __uint_as_float(bits);                              \
      if (!(fabsf(x) <= 3.14159274f)) return;                             \
      float got;                                                          \
      asm(text " %0, %1;" : "=f"(got) : "f"(x));                          \
      const double error = fabs(got - function(static_cast<double>(x)));  \
      count(local, static_cast<u32>(error * 1073741824.0));               \
    });                                                                   \
  }
PERIODIC(sin_approx_f32, "sin.approx.f32", sin)
PERIODIC(sin_approx_ftz_f32, "sin.approx.ftz.f32", sin)
PERIODIC(cos_approx_f32, "cos.approx.f32", cos)
PERIODIC(cos_approx_ftz_f32, "cos.approx.ftz.f32", cos)

// Divisors of 2^-126 to 2^126 and quotients that are normal.
#define DIVISION(name, text)                                                               \
  extern "C" __global__ void name(u32 stride, u32 each, u64* bins) {                       \
    for_inputs(stride, each, bins, [](u32 bits, u64* local) {                              \
      const float x = __uint_as_float(bits);                                               \
      const float y = __uint_as_float(mix(bits));                                          \
      const float wanted = static_cast<float>(static_cast<double>(x) / y);                 \
      const bool usual = fabsf(y) >= 1.17549435e-38f && fabsf(y) <= 8.50705917e37f &&      \
                         fabsf(x) >= 1.17549435e-38f && fabsf(wanted) >= 1.17549435e-38f && \
                         fabsf(wanted) < 1e38f && fabsf(x) < 1e38f;                        \
      if (!usual) return;                                                                  \
      float got;                                                                           \
      asm(text " %0, %1, %2;" : "=f"(got) : "f"(x), "f"(y));                               \
      count_codes(local, __float_as_uint(got), __float_as_uint(wanted), 0x80000000u);      \
    });                                                                                    \
  }
DIVISION(div_approx_f32, "div.approx.f32")
DIVISION(div_full_f32, "div.full.f32")

// All 65536 inputs; infinity of a 16-bit code is counted as a distance.
#define HALF(name, text, widen, narrow, function)                                       \
  extern "C" __global__ void name(u32, u32, u64* bins) {                                \
    const unsigned short bits = blockIdx.x * blockDim.x + threadIdx.x;                  \
    unsigned short got;                                                                 \
    asm(text " %0, %1;" : "=h"(got) : "h"(bits));                                       \
    const double v = widen(bits);                                                       \
    const unsigned short wanted = narrow(function(v));                                  \
    const bool nan = v != v;                                                            \
    if (!nan) count(bins, abs(ordered(got, 0x8000) - ordered(wanted, 0x8000)));         \
  }
__device__ double wide_half(unsigned short bits) {
  return __half2float(__ushort_as_half(bits));
}
__device__ double wide_bfloat(unsigned short bits) {
  return __uint_as_float(static_cast<u32>(bits) << 16);
}
__device__ unsigned short narrow_half(double x) {
  return __half_as_ushort(__double2half(x));
}
__device__ unsigned short narrow_bfloat(double x) {
  return __bfloat16_as_ushort(__double2bfloat16(x));
}
HALF(ex2_approx_f16, "ex2.approx.f16", wide_half, narrow_half, exp2)
HALF(ex2_approx_ftz_bf16, "ex2.approx.ftz.bf16", wide_bfloat, narrow_bfloat, exp2)
HALF(tanh_approx_bf16, "tanh.approx.bf16", wide_bfloat, narrow_bfloat, tanh)

// The same of pairs: the upper half has another code, so that each comes up twice.
#define HALVES(name, text, widen, narrow, function)                                  \
  extern "C" __global__ void name(u32, u32, u64* bins) {                             \
    const u32 low = blockIdx.x * blockDim.x + threadIdx.x;                           \
    const u32 pair = low | (low * 40503u << 16);                                     \
    u32 got;                                                                         \
    asm(text " %0, %1;" : "=r"(got) : "r"(pair));                                    \
    for (int shift = 0; shift < 32; shift += 16) {                                   \
      const unsigned short bits = pair >> shift;                                     \
      const unsigned short half = got >> shift;                                      \
      const double v = widen(bits);                                                  \
      const unsigned short wanted = narrow(function(v));                             \
      if (v == v) count(bins, abs(ordered(half, 0x8000) - ordered(wanted, 0x8000))); \
    }                                                                                \
  }
HALVES(tanh_approx_f16x2, "tanh.approx.f16x2", wide_half, narrow_half, tanh)
HALVES(tanh_approx_bf16x2, "tanh.approx.bf16x2", wide_bfloat, narrow_bfloat, tanh)
HALVES(ex2_approx_f16x2, "ex2.approx.f16x2", wide_half, narrow_half, exp2)
HALVES(ex2_approx_ftz_bf16x2, "ex2.approx.ftz.bf16x2", wide_bfloat, narrow_bfloat, exp2)

// Exact conversions of all 65536 codes or of as many floats: a sum that does not depend on order.
#define CONVERSION(name, text, out_constraint, Out, in_constraint, input)                \
  extern "C" __global__ void name(u32, u32, u64* bins) {                                 \
    const u32 i = blockIdx.x * blockDim.x + threadIdx.x;                                 \
    const float x = __uint_as_float(i << 16 | (mix(i) & 0xFFFF));                        \
    const unsigned short h = i;                                                          \
    (void)x, (void)h;                                                                    \
    Out got;                                                                             \
    asm(text : out_constraint(got) : in_constraint(input));                              \
    const u32 word = sizeof(got) == 4 ? *reinterpret_cast<u32*>(&got)                    \
                                      : *reinterpret_cast<unsigned short*>(&got);        \
    atomicAdd(&bins[0], static_cast<u64>(mix(word ^ mix(i + 1))));                       \
  }
CONVERSION(cvt_f32_f16, "cvt.f32.f16 %0, %1;", "=f", float, "h", h)
CONVERSION(cvt_rzi_s32_f16, "cvt.rzi.s32.f16 %0, %1;", "=r", int, "h", h)
CONVERSION(cvt_f16x2_e4m3x2, "cvt.rn.f16x2.e4m3x2 %0, %1;", "=r", u32, "h", h)
CONVERSION(cvt_f16x2_e5m2x2, "cvt.rn.f16x2.e5m2x2 %0, %1;", "=r", u32, "h", h)
CONVERSION(cvt_rn_f16_f32, "cvt.rn.f16.f32 %0, %1;", "=h", unsigned short, "f", x)
CONVERSION(cvt_rz_f16_f32, "cvt.rz.f16.f32 %0, %1;", "=h", unsigned short, "f", x)
CONVERSION(cvt_rn_bf16_f32, "cvt.rn.bf16.f32 %0, %1;", "=h", unsigned short, "f", x)
CONVERSION(cvt_rn_e4m3x2_f32, "cvt.rn.satfinite.e4m3x2.f32 %0, %1, %1;", "=h", unsigned short, "f", x)
CONVERSION(cvt_rn_e5m2x2_f32, "cvt.rn.satfinite.e5m2x2.f32 %0, %1, %1;", "=h", unsigned short, "f", x)
CONVERSION(cvt_rna_tf32_f32, "cvt.rna.tf32.f32 %0, %1;", "=r", u32, "f", x)

// Operands of magnitudes below 2, from a counter.
struct F16Bits {
  static __device__ u32 make(u32 w) { return w & 0xBFFFBFFFu; }
};
struct Bf16Bits {
  static __device__ u32 make(u32 w) { return (w & 0x83FF83FFu) | 0x3C003C00u; }
};
struct Tf32Bits {
  static __device__ u32 make(u32 w) { return (w & 0x83FFE000u) | 0x3C000000u; }
};
struct Fp8Bits {
  static __device__ u32 make(u32 w) { return w & 0xBFBFBFBFu; }
};
struct IntegerBits {
  static __device__ u32 make(u32 w) { return w; }
};

#define MULTIPLY(name, text, Bits)                                                            \
  extern "C" __global__ void name(u32* out) {                                                 \
    const u32 at = (blockIdx.x * 32 + threadIdx.x) * 8;                                       \
    u32 r[6], d[4] = {};                                                                      \
    for (int i = 0; i < 6; ++i) r[i] = Bits::make(mix(at + i + 1));                           \
    asm volatile("mma.sync.aligned." text " {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "   \
                 "{%0, %1, %2, %3};"                                                          \
                 : "+r"(d[0]), "+r"(d[1]), "+r"(d[2]), "+r"(d[3])                             \
                 : "r"(r[0]), "r"(r[1]), "r"(r[2]), "r"(r[3]), "r"(r[4]), "r"(r[5]));         \
    for (int i = 0; i < 4; ++i) out[(blockIdx.x * 32 + threadIdx.x) * 4 + i] = d[i];          \
  }
MULTIPLY(mma_f16, "m16n8k16.row.col.f32.f16.f16.f32", F16Bits)
MULTIPLY(mma_bf16, "m16n8k16.row.col.f32.bf16.bf16.f32", Bf16Bits)
MULTIPLY(mma_tf32, "m16n8k8.row.col.f32.tf32.tf32.f32", Tf32Bits)
MULTIPLY(mma_e4m3, "m16n8k32.row.col.f32.e4m3.e4m3.f32", Fp8Bits)
MULTIPLY(mma_e5m2, "m16n8k32.row.col.f32.e5m2.e5m2.f32", Fp8Bits)
MULTIPLY(mma_s8, "m16n8k32.row.col.s32.s8.s8.s32", IntegerBits)
MULTIPLY(mma_u8, "m16n8k32.row.col.s32.u8.u8.s32", IntegerBits)

// Element i of the matrix in memory holds i; out: the elements of each lane's fragment.
template <class Fragment, class Element, class Load>
__device__ void lay_out(u32* out, Load load) {
  __shared__ __align__(32) Element matrix[512];
  for (int i = threadIdx.x; i < 512; i += 32) matrix[i] = Element(static_cast<float>(i % 256));
  __syncwarp();
  Fragment fragment;
  load(fragment, matrix);
  for (int i = 0; i < fragment.num_elements; ++i) {
    out[threadIdx.x * 16 + i] = static_cast<u32>(static_cast<float>(fragment.x[i]));
  }
}
#define FRAGMENT(name, Role, m, n, k, Element, order, stride)                               \
  extern "C" __global__ void name(u32* out) {                                               \
    using namespace nvcuda::wmma;                                                           \
    lay_out<fragment<Role, m, n, k, Element, order>, Element>(                              \
        out, [](auto& f, const Element* p) { load_matrix_sync(f, p, stride); });            \
  }
FRAGMENT(wmma_a_f16_row, matrix_a, 16, 16, 16, __half, row_major, 16)
FRAGMENT(wmma_a_f16_col, matrix_a, 16, 16, 16, __half, col_major, 16)
FRAGMENT(wmma_b_f16_row, matrix_b, 16, 16, 16, __half, row_major, 16)
FRAGMENT(wmma_b_f16_col, matrix_b, 16, 16, 16, __half, col_major, 16)
FRAGMENT(wmma_a_f16_m32n8k16, matrix_a, 32, 8, 16, __half, row_major, 16)
FRAGMENT(wmma_b_f16_m8n32k16, matrix_b, 8, 32, 16, __half, col_major, 16)
FRAGMENT(wmma_a_bf16_row, matrix_a, 16, 16, 16, __nv_bfloat16, row_major, 16)
FRAGMENT(wmma_b_bf16_col, matrix_b, 16, 16, 16, __nv_bfloat16, col_major, 16)
FRAGMENT(wmma_a_u8_row, matrix_a, 16, 16, 16, unsigned char, row_major, 16)
FRAGMENT(wmma_b_u8_col, matrix_b, 16, 16, 16, unsigned char, col_major, 16)

#define ACCUMULATOR(name, m, n, Element)                                                       \
  extern "C" __global__ void name(u32* out) {                                                  \
    using namespace nvcuda::wmma;                                                              \
    lay_out<fragment<accumulator, m, n, 16, Element>, Element>(                                \
        out, [](auto& f, const Element* p) { load_matrix_sync(f, p, n, mem_row_major); });     \
  }
ACCUMULATOR(wmma_c_f32, 16, 16, float)
ACCUMULATOR(wmma_c_f16, 16, 16, __half)
ACCUMULATOR(wmma_c_s32, 16, 16, int)
ACCUMULATOR(wmma_c_f32_m32n8k16, 32, 8, float)
