// SPDX-License-Identifier: Apache-2.0
// Profiles of small kernels against counts made by hand.
#include "ptx/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "ptx/virtual_device.h"

namespace fitest::ptx {
namespace {

using testing::ElementsAre;

constexpr const char* kModule = R"ptx(
.version 8.0
.target sm_80
.address_size 64
.file 1 "k.cu"
// out[tid] = in[tid * stride]: 10 instructions.
.visible .entry strided(.param .u64 in, .param .u64 out, .param .u32 stride)
{
  .reg .b32 %r<5>;
  .reg .b64 %d<5>;
  .loc 1 3 0
  ld.param.u64 %d1, [in];
  ld.param.u64 %d2, [out];
  ld.param.u32 %r1, [stride];
  mov.u32 %r2, %tid.x;
  mul.lo.u32 %r3, %r2, %r1;
  .loc 1 4 0
  mad.wide.u32 %d3, %r3, 4, %d1;
  ld.global.u32 %r4, [%d3];
  .loc 1 5 0
  mad.wide.u32 %d4, %r2, 4, %d2;
  st.global.u32 [%d4], %r4;
  .loc 1 6 0
  ret;
}
// Shared memory at tid * stride bytes, 4, 8 and 16 of them.
.visible .entry banks(.param .u64 in, .param .u64 out, .param .u32 stride)
{
  .reg .b32 %r<4>;
  .shared .align 16 .b8 tile[8192];
  ld.param.u32 %r1, [stride];
  mov.u32 %r2, %tid.x;
  mul.lo.u32 %r2, %r2, %r1;
  mov.u32 %r3, tile;
  add.u32 %r3, %r3, %r2;
  st.shared.u32 [%r3], %r2;
  ret;
}
.visible .entry wide_banks(.param .u64 in, .param .u64 out, .param .u32 stride)
{
  .reg .b32 %r<4>;
  .shared .align 16 .b8 tile[8192];
  ld.param.u32 %r1, [stride];
  mov.u32 %r2, %tid.x;
  mul.lo.u32 %r2, %r2, %r1;
  mov.u32 %r3, tile;
  add.u32 %r3, %r3, %r2;
  st.shared.v4.u32 [%r3], {%r2, %r2, %r2, %r2};
  ret;
}
.visible .entry matrix_rows(.param .u64 in, .param .u64 out, .param .u32 stride)
{
  .reg .b32 %r<8>;
  .shared .align 16 .b8 tile[8192];
  ld.param.u32 %r1, [stride];
  mov.u32 %r2, %laneid;
  mul.lo.u32 %r2, %r2, %r1;
  mov.u32 %r3, tile;
  add.u32 %r3, %r3, %r2;
  ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%r4, %r5, %r6, %r7}, [%r3];
  ret;
}
// 8 lanes go one way, 24 the other.
.visible .entry split(.param .u64 in, .param .u64 out, .param .u32 limit)
{
  .reg .pred %p;
  .reg .b32 %r<4>;
  ld.param.u32 %r1, [limit];
  mov.u32 %r2, %tid.x;
  setp.lt.u32 %p, %r2, %r1;
  @%p bra LESS;
  add.u32 %r3, %r2, 1;
  bra.uni DONE;
LESS:
  add.u32 %r3, %r2, 2;
  add.u32 %r3, %r3, 2;
DONE:
  ret;
}
.visible .entry tensor(.param .u64 in, .param .u64 out, .param .u32 x)
{
  .reg .f32 %f<5>;
  .reg .b32 %r<5>;
  mov.b32 %r1, 0;
  mov.f32 %f1, 0f3F800000;
  fma.rn.f32 %f2, %f1, %f1, %f1;
  mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f1,%f2,%f3,%f4}, {%r1,%r1,%r1,%r1}, {%r1,%r1}, {%f1,%f1,%f1,%f1};
  ret;
}
.visible .entry updates(.param .u64 in, .param .u64 out, .param .u32 x)
{
  .reg .b32 %r<4>;
  .reg .b64 %d<3>;
  .shared .align 16 .b8 tile[1024];
  ld.param.u64 %d1, [in];
  ld.param.u64 %d2, [out];
  red.global.add.u32 [%d2], 1;
  mov.u32 %r1, tile;
  atom.shared.add.u32 %r2, [%r1], 1;
  mov.u32 %r3, %tid.x;
  mad.lo.u32 %r1, %r3, 16, %r1;
  mad.wide.u32 %d1, %r3, 16, %d1;
  cp.async.cg.shared.global [%r1], [%d1], 16;
  cp.async.wait_all;
  ret;
}
// Lanes of the upper half arrive at the shuffle first, and wait there.
.visible .entry wait_for_lanes(.param .u64 in, .param .u64 out, .param .u32 x)
{
  .reg .pred %p;
  .reg .b32 %r<4>;
  mov.u32 %r1, %tid.x;
  setp.lt.u32 %p, %r1, 16;
  @!%p bra SHUFFLE;
  add.u32 %r1, %r1, 1;
SHUFFLE:
  shfl.sync.bfly.b32 %r2, %r1, 1, 31, -1;
  ret;
}
// Generic accesses of shared memory.
.visible .entry generic(.param .u64 in, .param .u64 out, .param .u32 x)
{
  .reg .b32 %r<3>;
  .reg .b64 %d<3>;
  .shared .align 16 .b8 tile[1024];
  mov.u64 %d1, tile;
  cvta.shared.u64 %d2, %d1;
  st.u32 [%d2], 7;
  ret;
}
)ptx";

template <class Value>
KernelArgument argument(const std::string& name, Value value) {
  KernelArgument result{name, std::vector<std::byte>(sizeof value)};
  std::memcpy(result.bytes.data(), &value, sizeof value);
  return result;
}

class ProfileTest : public testing::Test {
 protected:
  LaunchProfile profile(const std::string& kernel, std::uint32_t scalar, Dim3 grid = {},
                        Dim3 block = {32, 1, 1}) {
    VirtualDeviceOptions options;
    options.profile = true;
    const DevicePtr device = make_virtual_device(options);
    std::optional<Fault> fault;
    const ModulePtr module = device->load({Image::Kind::Ptx, kModule, "compute_80"}, fault);
    const BufferPtr in = device->allocate({"in", 8192, Access::Input});
    const BufferPtr out = device->allocate({"out", 8192, Access::Output});
    Launch launch;
    launch.kernel = kernel;
    launch.grid = grid;
    launch.block = block;
    launch.arguments = {argument("in", in->address()), argument("out", out->address()),
                        argument("scalar", scalar)};
    fault = device->launch(*module, launch);
    EXPECT_FALSE(fault) << describe(*fault);
    std::vector<LaunchProfile> profiles = device->take_profiles();
    EXPECT_EQ(profiles.size(), 1u);
    EXPECT_TRUE(device->take_profiles().empty());
    return profiles.at(0);
  }
  std::uint64_t load_sectors(std::uint32_t stride) {
    return profile("strided", stride).total.global_loads.sectors;
  }
  std::uint64_t conflicts(const std::string& kernel, std::uint32_t stride) {
    return profile(kernel, stride).total.shared.conflicts;
  }
  static std::uint64_t count(const LaunchProfile& profile, InstructionClass kind) {
    return profile.by_class.at(static_cast<std::size_t>(kind));
  }
};

TEST_F(ProfileTest, NothingIsCountedUnlessAskedFor) {
  const DevicePtr device = make_virtual_device({});
  std::optional<Fault> fault;
  const ModulePtr module = device->load({Image::Kind::Ptx, kModule, "compute_80"}, fault);
  Launch launch{"split", {1, 1, 1}, {32, 1, 1}, {}, 0, {}};
  launch.arguments = {argument("in", std::uint64_t{0}), argument("out", std::uint64_t{0}),
                      argument("limit", 8u)};
  EXPECT_FALSE(device->launch(*module, launch));
  EXPECT_TRUE(device->take_profiles().empty());
}

TEST_F(ProfileTest, InstructionsAreCountedByWarpThreadAndClass) {
  const LaunchProfile result = profile("strided", 1, {2, 1, 1}, {48, 1, 1});
  EXPECT_EQ(result.kernel, "strided");
  EXPECT_EQ(result.grid.x, 2u);
  EXPECT_EQ(result.total.warp_instructions, 2u * 2 * 10);
  EXPECT_EQ(result.total.thread_instructions, 2u * 48 * 10);
  EXPECT_EQ(count(result, InstructionClass::Constant), 4u * 3);
  EXPECT_EQ(count(result, InstructionClass::Move), 4u * 1);
  EXPECT_EQ(count(result, InstructionClass::Integer), 4u * 3);
  EXPECT_EQ(count(result, InstructionClass::Global), 4u * 2);
  EXPECT_EQ(count(result, InstructionClass::Control), 4u * 1);
  EXPECT_DOUBLE_EQ(result.mean_active_lanes(), 24);
}

TEST_F(ProfileTest, SectorsOfARequestTellHowItIsCoalesced) {
  EXPECT_EQ(load_sectors(0), 1u);
  EXPECT_EQ(load_sectors(1), 4u);
  EXPECT_EQ(load_sectors(2), 8u);
  EXPECT_EQ(load_sectors(32), 32u);
  EXPECT_EQ(profile("strided", 32).total.global_stores.sectors, 4u);
  EXPECT_EQ(profile("strided", 32).total.global_loads.requests, 1u);
}

TEST_F(ProfileTest, BankConflictsAreExtraWavefronts) {
  EXPECT_EQ(conflicts("banks", 0), 0u);
  EXPECT_EQ(conflicts("banks", 4), 0u);
  EXPECT_EQ(conflicts("banks", 8), 1u);
  EXPECT_EQ(conflicts("banks", 128), 31u);
  EXPECT_EQ(conflicts("wide_banks", 16), 0u);
  EXPECT_EQ(conflicts("wide_banks", 128), 28u);
  EXPECT_EQ(profile("wide_banks", 16).total.shared.wavefronts, 4u);
}

TEST_F(ProfileTest, RowsOfMatricesConflictAsAnyAccess) {
  EXPECT_EQ(conflicts("matrix_rows", 16), 0u);
  EXPECT_EQ(conflicts("matrix_rows", 128), 28u);
  EXPECT_EQ(count(profile("matrix_rows", 16), InstructionClass::Shared), 1u);
}

TEST_F(ProfileTest, DivergentBranchesAreCountedAndThinTheWarps) {
  const LaunchProfile result = profile("split", 8);
  EXPECT_EQ(result.total.branches, 1u);
  EXPECT_EQ(result.total.divergent_branches, 1u);
  EXPECT_EQ(result.total.warp_instructions, 4u + 2 + 2 + 1);
  EXPECT_EQ(result.total.thread_instructions, 4u * 32 + 2 * 24 + 2 * 8 + 32);
}

TEST_F(ProfileTest, BranchesThatAllLanesTakeAreNotDivergent) {
  EXPECT_EQ(profile("split", 32).total.divergent_branches, 0u);
  EXPECT_EQ(profile("split", 32).total.warp_instructions, 4u + 2 + 1);
  EXPECT_EQ(profile("split", 0).total.divergent_branches, 0u);
  EXPECT_EQ(profile("split", 0).total.branches, 1u);
}

TEST_F(ProfileTest, TensorCoresCountTheirProducts) {
  const LaunchProfile result = profile("tensor", 0);
  EXPECT_EQ(result.tensor_operations, 2u * 16 * 8 * 16);
  EXPECT_EQ(result.float_operations, 32u * 2);
  EXPECT_EQ(count(result, InstructionClass::Tensor), 1u);
  EXPECT_DOUBLE_EQ(result.tensor_share(), 4096.0 / (4096 + 64));
}

TEST_F(ProfileTest, AtomicsAndCopiesTouchMemory) {
  const LaunchProfile result = profile("updates", 0);
  EXPECT_EQ(result.total.global_atomics.requests, 1u);
  EXPECT_EQ(result.total.global_atomics.sectors, 1u);
  EXPECT_EQ(result.total.global_loads.sectors, 16u);
  EXPECT_EQ(result.total.shared.requests, 2u);
  EXPECT_EQ(result.total.shared.wavefronts, 32u + 4);
  EXPECT_EQ(result.total.shared.conflicts, 31u);
  EXPECT_EQ(count(result, InstructionClass::Atomic), 2u);
  EXPECT_EQ(count(result, InstructionClass::AsyncCopy), 2u);
}

TEST_F(ProfileTest, AnInstructionThatWaitsForLanesCountsOnce) {
  const LaunchProfile result = profile("wait_for_lanes", 0);
  EXPECT_EQ(count(result, InstructionClass::Warp), 1u);
  EXPECT_EQ(result.total.warp_instructions, 6u);
  EXPECT_EQ(result.total.thread_instructions, 5u * 32 + 16);
}

TEST_F(ProfileTest, GenericAccessesCountWhereTheyGo) {
  const LaunchProfile result = profile("generic", 0);
  EXPECT_EQ(count(result, InstructionClass::Shared), 1u);
  EXPECT_EQ(count(result, InstructionClass::Global), 0u);
}

TEST_F(ProfileTest, LinesAreRankedByInstructionsSectorsAndConflicts) {
  const LaunchProfile result = profile("strided", 32);
  std::vector<std::string> lines;
  for (const LineProfile& line : result.lines) {
    lines.push_back(line.source.file + ":" + std::to_string(line.source.line) + "=" +
                    std::to_string(line.counts.cost()));
  }
  EXPECT_THAT(lines, ElementsAre("k.cu:4=34", "k.cu:5=6", "k.cu:3=5", "k.cu:6=1"));
}

}  // namespace
}  // namespace fitest::ptx
