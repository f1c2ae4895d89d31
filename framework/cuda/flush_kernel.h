// SPDX-License-Identifier: Apache-2.0
// The kernel that empties the L2 cache, in PTX that every driver fitest works with compiles.
#pragma once

namespace fitest::cuda {

// flush_l2(base, quads): reads `quads` times 16 bytes from `base`, past the L1 cache. Reading
// leaves lines that cost nothing to evict; after a fill, the kernel that is timed next would pay
// for writing them back. The store, which zeros never reach, keeps the loads from being removed.
inline constexpr const char* kFlushKernel = R"ptx(
.version 7.0
.target sm_70
.address_size 64

.visible .entry flush_l2(.param .u64 base, .param .u64 quads)
{
  .reg .pred %p;
  .reg .b32 %r<10>;
  .reg .b64 %rd<7>;
  ld.param.u64 %rd1, [base];
  ld.param.u64 %rd2, [quads];
  mov.u32 %r1, %ctaid.x;
  mov.u32 %r2, %ntid.x;
  mov.u32 %r3, %tid.x;
  mov.u32 %r4, %nctaid.x;
  mul.wide.u32 %rd3, %r1, %r2;
  cvt.u64.u32 %rd4, %r3;
  add.u64 %rd3, %rd3, %rd4;
  mul.wide.u32 %rd5, %r4, %r2;
  mov.u32 %r5, 0;
next:
  setp.ge.u64 %p, %rd3, %rd2;
  @%p bra done;
  shl.b64 %rd6, %rd3, 4;
  add.u64 %rd6, %rd1, %rd6;
  ld.global.cg.v4.u32 {%r6, %r7, %r8, %r9}, [%rd6];
  or.b32 %r5, %r5, %r6;
  or.b32 %r5, %r5, %r7;
  or.b32 %r5, %r5, %r8;
  or.b32 %r5, %r5, %r9;
  add.u64 %rd3, %rd3, %rd5;
  bra next;
done:
  setp.eq.u32 %p, %r5, 0;
  @%p bra end;
  st.global.u32 [%rd1], %r5;
end:
  ret;
}
)ptx";

}  // namespace fitest::cuda
