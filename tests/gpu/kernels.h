// SPDX-License-Identifier: Apache-2.0
// Kernels of the GPU tests, in PTX, so that the test program needs no compiler where it runs.
#pragma once

namespace fitest::cuda {

// vector_add(x, y, out, n): out[i] = x[i] + y[i] in float32.
inline constexpr const char* kVectorAdd = R"ptx(
.version 7.0
.target sm_70
.address_size 64
.visible .entry vector_add(.param .u64 x, .param .u64 y, .param .u64 out, .param .u32 n)
{
  .reg .pred %p;
  .reg .b32 %r<5>;
  .reg .f32 %f<4>;
  .reg .b64 %rd<8>;
  ld.param.u64 %rd1, [x];
  ld.param.u64 %rd2, [y];
  ld.param.u64 %rd3, [out];
  ld.param.u32 %r1, [n];
  mov.u32 %r2, %ctaid.x;
  mov.u32 %r3, %ntid.x;
  mov.u32 %r4, %tid.x;
  mad.lo.u32 %r2, %r2, %r3, %r4;
  setp.ge.u32 %p, %r2, %r1;
  @%p bra done;
  mul.wide.u32 %rd4, %r2, 4;
  add.u64 %rd5, %rd1, %rd4;
  add.u64 %rd6, %rd2, %rd4;
  add.u64 %rd7, %rd3, %rd4;
  ld.global.f32 %f1, [%rd5];
  ld.global.f32 %f2, [%rd6];
  add.f32 %f3, %f1, %f2;
  st.global.f32 [%rd7], %f3;
done:
  ret;
}
)ptx";

// store_at(base, offset): a 4-byte zero at base + offset bytes.
inline constexpr const char* kStoreAt = R"ptx(
.version 7.0
.target sm_70
.address_size 64
.visible .entry store_at(.param .u64 base, .param .u64 offset)
{
  .reg .b64 %rd<4>;
  ld.param.u64 %rd1, [base];
  ld.param.u64 %rd2, [offset];
  add.u64 %rd3, %rd1, %rd2;
  st.global.u32 [%rd3], 0;
  ret;
}
)ptx";

// spin(flag): reads flag until it is not zero.
inline constexpr const char* kSpin = R"ptx(
.version 7.0
.target sm_70
.address_size 64
.visible .entry spin(.param .u64 flag)
{
  .reg .pred %p;
  .reg .b32 %r;
  .reg .b64 %rd;
  ld.param.u64 %rd, [flag];
again:
  ld.volatile.global.u32 %r, [%rd];
  setp.eq.u32 %p, %r, 0;
  @%p bra again;
  ret;
}
)ptx";

// wait_for(nanoseconds): busy by the GPU's own clock.
inline constexpr const char* kWaitFor = R"ptx(
.version 7.0
.target sm_70
.address_size 64
.visible .entry wait_for(.param .u64 nanoseconds)
{
  .reg .pred %p;
  .reg .b64 %rd<5>;
  ld.param.u64 %rd1, [nanoseconds];
  mov.u64 %rd2, %globaltimer;
again:
  mov.u64 %rd3, %globaltimer;
  sub.u64 %rd4, %rd3, %rd2;
  setp.lt.u64 %p, %rd4, %rd1;
  @%p bra again;
  ret;
}
)ptx";

// shared_tail(out, bytes): through the last 4 bytes of `bytes` dynamic shared bytes, 42 to out.
inline constexpr const char* kSharedTail = R"ptx(
.version 7.0
.target sm_70
.address_size 64
.extern .shared .align 16 .b8 dynamic[];
.visible .entry shared_tail(.param .u64 out, .param .u32 bytes)
{
  .reg .b32 %r<5>;
  .reg .b64 %rd;
  ld.param.u64 %rd, [out];
  ld.param.u32 %r1, [bytes];
  mov.u32 %r2, dynamic;
  add.u32 %r3, %r2, %r1;
  mov.u32 %r4, 42;
  st.volatile.shared.u32 [%r3+-4], %r4;
  ld.volatile.shared.u32 %r4, [%r3+-4];
  st.global.u32 [%rd], %r4;
  ret;
}
)ptx";

// cluster_size(out): out[block] = blocks of its cluster in x.
inline constexpr const char* kClusterSize = R"ptx(
.version 7.8
.target sm_90
.address_size 64
.visible .entry cluster_size(.param .u64 out)
{
  .reg .b32 %r<3>;
  .reg .b64 %rd<3>;
  ld.param.u64 %rd1, [out];
  mov.u32 %r1, %ctaid.x;
  mov.u32 %r2, %cluster_nctaid.x;
  mul.wide.u32 %rd2, %r1, 4;
  add.u64 %rd1, %rd1, %rd2;
  st.global.u32 [%rd1], %r2;
  ret;
}
)ptx";

// greet(): printf("hello %d\n", 7).
inline constexpr const char* kGreet = R"ptx(
.version 7.0
.target sm_70
.address_size 64
.extern .func (.param .b32 result) vprintf(.param .b64 format, .param .b64 values);
.global .align 1 .b8 text[10] = {104, 101, 108, 108, 111, 32, 37, 100, 10, 0};
.visible .entry greet()
{
  .local .align 8 .b8 values[8];
  .reg .b32 %r<3>;
  .reg .b64 %rd<4>;
  mov.u64 %rd1, values;
  cvta.local.u64 %rd2, %rd1;
  mov.u32 %r1, 7;
  st.u32 [%rd2], %r1;
  mov.u64 %rd3, text;
  cvta.global.u64 %rd3, %rd3;
  {
    .param .b64 format;
    .param .b64 arguments;
    .param .b32 printed;
    st.param.b64 [format], %rd3;
    st.param.b64 [arguments], %rd2;
    call.uni (printed), vprintf, (format, arguments);
    ld.param.b32 %r2, [printed];
  }
  ret;
}
)ptx";

// give_up(): the trap instruction.
inline constexpr const char* kGiveUp = R"ptx(
.version 7.0
.target sm_70
.address_size 64
.visible .entry give_up()
{
  trap;
  ret;
}
)ptx";

// Not PTX that any driver takes: an instruction that does not exist.
inline constexpr const char* kNonsense = R"ptx(
.version 7.0
.target sm_70
.address_size 64
.visible .entry nonsense()
{
  frobnicate.u32 %r1;
  ret;
}
)ptx";

}  // namespace fitest::cuda
