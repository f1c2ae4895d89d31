// SPDX-License-Identifier: Apache-2.0
// The kernels of content_check, in PTX that every driver fitest works with compiles.
#pragma once

namespace fitest::cuda {

// Block b covers the 4096 words from 4096 b, and adds what its threads found to found[b]:
//   checksum(base, words, found)              found[b] += mix(index, word) of each word
//   count_words(base, words, found, pattern)  found[b] += 1 for each word that equals `pattern`
// with mix(index, word): h = (index << 32 | word) * 0x9E3779B97F4A7C15; h ^= h >> 32;
// h *= 0xD6E8FEB86659FD93.
inline constexpr const char* kContentKernels = R"ptx(
.version 7.0
.target sm_70
.address_size 64

.visible .entry checksum(.param .u64 base, .param .u64 words, .param .u64 found)
{
  .reg .pred %p;
  .reg .b32 %r<4>;
  .reg .b64 %rd<11>;
  ld.param.u64 %rd1, [base];
  ld.param.u64 %rd2, [words];
  ld.param.u64 %rd3, [found];
  mov.u32 %r1, %ctaid.x;
  mov.u32 %r2, %tid.x;
  mul.wide.u32 %rd4, %r1, 8;
  add.u64 %rd3, %rd3, %rd4;
  mul.wide.u32 %rd4, %r1, 4096;
  add.u64 %rd5, %rd4, 4096;
  min.u64 %rd5, %rd5, %rd2;
  cvt.u64.u32 %rd6, %r2;
  add.u64 %rd4, %rd4, %rd6;
  mov.u32 %r2, %ntid.x;
  cvt.u64.u32 %rd6, %r2;
  mov.u64 %rd7, 0;
next:
  setp.ge.u64 %p, %rd4, %rd5;
  @%p bra done;
  shl.b64 %rd8, %rd4, 2;
  add.u64 %rd8, %rd1, %rd8;
  ld.global.u32 %r3, [%rd8];
  cvt.u64.u32 %rd9, %r3;
  shl.b64 %rd10, %rd4, 32;
  or.b64 %rd9, %rd9, %rd10;
  mul.lo.u64 %rd9, %rd9, 0x9E3779B97F4A7C15;
  shr.u64 %rd10, %rd9, 32;
  xor.b64 %rd9, %rd9, %rd10;
  mul.lo.u64 %rd9, %rd9, 0xD6E8FEB86659FD93;
  add.u64 %rd7, %rd7, %rd9;
  add.u64 %rd4, %rd4, %rd6;
  bra next;
done:
  red.global.add.u64 [%rd3], %rd7;
  ret;
}

.visible .entry count_words(.param .u64 base, .param .u64 words, .param .u64 found,
                            .param .u32 pattern)
{
  .reg .pred %p<3>;
  .reg .b32 %r<5>;
  .reg .b64 %rd<9>;
  ld.param.u64 %rd1, [base];
  ld.param.u64 %rd2, [words];
  ld.param.u64 %rd3, [found];
  ld.param.u32 %r4, [pattern];
  mov.u32 %r1, %ctaid.x;
  mov.u32 %r2, %tid.x;
  mul.wide.u32 %rd4, %r1, 8;
  add.u64 %rd3, %rd3, %rd4;
  mul.wide.u32 %rd4, %r1, 4096;
  add.u64 %rd5, %rd4, 4096;
  min.u64 %rd5, %rd5, %rd2;
  cvt.u64.u32 %rd6, %r2;
  add.u64 %rd4, %rd4, %rd6;
  mov.u32 %r2, %ntid.x;
  cvt.u64.u32 %rd6, %r2;
  mov.u64 %rd7, 0;
next:
  setp.ge.u64 %p1, %rd4, %rd5;
  @%p1 bra done;
  shl.b64 %rd8, %rd4, 2;
  add.u64 %rd8, %rd1, %rd8;
  ld.global.u32 %r3, [%rd8];
  setp.eq.u32 %p2, %r3, %r4;
  @%p2 add.u64 %rd7, %rd7, 1;
  add.u64 %rd4, %rd4, %rd6;
  bra next;
done:
  red.global.add.u64 [%rd3], %rd7;
  ret;
}
)ptx";

}  // namespace fitest::cuda
