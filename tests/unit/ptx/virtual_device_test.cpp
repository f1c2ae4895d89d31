// SPDX-License-Identifier: Apache-2.0
#include "ptx/virtual_device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "base/error.h"

namespace fitest::ptx {
namespace {

using testing::HasSubstr;

// Thread i stores i at out[i]; `spin` and `deep` never end.
constexpr const char* kModule = R"(
.version 8.0
.target sm_80
.address_size 64
.visible .entry fill(.param .u64 out)
.maxntid 64, 1, 1
{
  .reg .b32 %r<4>;
  .reg .b64 %d<4>;
  ld.param.u64 %d1, [out];
  mov.u32 %r1, %tid.x;
  mad.wide.u32 %d2, %r1, 4, %d1;
  st.global.u32 [%d2], %r1;
  ret;
}
.visible .entry spin()
{
LOOP:
  bra LOOP;
}
.func recurse()
{
  call recurse;
  ret;
}
.visible .entry deep()
{
  call recurse;
  ret;
}
.visible .entry needs_wgmma()
{
  wgmma.fence.sync.aligned;
  ret;
}
)";

class VirtualDevice : public testing::Test {
 protected:
  void load() {
    std::optional<Fault> fault;
    module_ = device_->load({Image::Kind::Ptx, kModule, "compute_80"}, fault);
    EXPECT_FALSE(fault);
  }
  Launch fill(const Buffer& out) const {
    Launch launch{"fill", {1, 1, 1}, {16, 1, 1}, {}, 0, {}};
    const std::uint64_t address = out.address();
    KernelArgument argument{"out", std::vector<std::byte>(sizeof address)};
    std::memcpy(argument.bytes.data(), &address, sizeof address);
    launch.arguments.push_back(argument);
    return launch;
  }
  std::string message(const Launch& launch) {
    const auto fault = device_->launch(*module_, launch);
    return fault ? fault->message : "no fault";
  }

  DevicePtr device_ = make_virtual_device({});
  ModulePtr module_;
};

TEST_F(VirtualDevice, SaysThatItIsNoGpu) {
  EXPECT_EQ(device_->properties().kind, "virtual");
  EXPECT_THAT(device_->properties().name, HasSubstr("fitest virtual PTX device ("));
}

TEST_F(VirtualDevice, KeepsWhatIsUploaded) {
  const BufferPtr buffer = device_->allocate({"x", 4, Access::Input});
  const std::vector<std::byte> bytes = {std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}};
  device_->upload(*buffer, bytes);
  std::vector<std::byte> back(4);
  device_->download(*buffer, back);
  EXPECT_EQ(back, bytes);
}

TEST_F(VirtualDevice, CountsTheBytesOfAnOutputThatNoThreadWrote) {
  load();
  const BufferPtr out = device_->allocate({"out", 100, Access::Output});
  device_->poison(*out);
  EXPECT_EQ(device_->unwritten_bytes(*out), 100);
  EXPECT_FALSE(device_->launch(*module_, fill(*out)));
  EXPECT_EQ(device_->unwritten_bytes(*out), 36);
}

TEST_F(VirtualDevice, PoisonsWithNans) {
  const BufferPtr out = device_->allocate({"out", 4, Access::Output});
  device_->poison(*out);
  float value = 0;
  device_->download(*out, std::as_writable_bytes(std::span(&value, 1)));
  EXPECT_NE(value, value);
}

TEST_F(VirtualDevice, DescribesKernels) {
  load();
  const KernelInfo* info = module_->find("fill");
  ASSERT_NE(info, nullptr);
  EXPECT_THAT(info->parameter_bytes, testing::ElementsAre(8));
  EXPECT_EQ(info->max_threads_per_block, 64);
  EXPECT_EQ(module_->find("absent"), nullptr);
  EXPECT_THAT(module_->kernel_names(), testing::ElementsAre("fill", "spin", "deep", "needs_wgmma"));
}

TEST_F(VirtualDevice, NamesAKernelThatIsNearToAMissingOne) {
  load();
  Launch launch;
  launch.kernel = "fil";
  EXPECT_EQ(message(launch), "the module has no kernel of this name; did you mean fill?");
}

TEST_F(VirtualDevice, RefusesTheWrongNumberOfArguments) {
  load();
  const BufferPtr out = device_->allocate({"out", 100, Access::Output});
  Launch launch = fill(*out);
  launch.arguments.clear();
  EXPECT_EQ(message(launch), "the kernel takes 1 arguments, and the launch has 0");
}

TEST_F(VirtualDevice, RefusesAnArgumentOfTheWrongSize) {
  load();
  const BufferPtr out = device_->allocate({"out", 100, Access::Output});
  Launch launch = fill(*out);
  launch.arguments[0].bytes.resize(4);
  EXPECT_EQ(message(launch), "argument 0 (out) has 4 bytes, and the kernel's parameter 8");
}

TEST_F(VirtualDevice, RefusesBlocksThatAreTooLarge) {
  load();
  const BufferPtr out = device_->allocate({"out", 100, Access::Output});
  Launch launch = fill(*out);
  launch.block.x = 65;
  EXPECT_EQ(message(launch), "a block of (65,1,1) has 65 threads; the kernel takes 1 to 64");
}

TEST_F(VirtualDevice, RefusesMoreSharedMemoryThanABlockHas) {
  load();
  const BufferPtr out = device_->allocate({"out", 100, Access::Output});
  Launch launch = fill(*out);
  launch.dynamic_shared_bytes = 1 << 20;
  EXPECT_THAT(message(launch), HasSubstr("0 static and 1048576 dynamic bytes of shared memory"));
}

TEST_F(VirtualDevice, EndsALaunchAtTheDeadline) {
  load();
  Launch launch;
  launch.kernel = "spin";
  device_->set_deadline(std::chrono::steady_clock::now() + std::chrono::milliseconds(20));
  const auto fault = device_->launch(*module_, launch);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->kind, FaultKind::TimeLimit);
  EXPECT_EQ(fault->ptx.text, "bra LOOP;");
}

TEST_F(VirtualDevice, EndsLoopsAndRecursionSoonAfterTheBudget) {
  constexpr std::uint64_t kBudget = 10'000;
  for (const char* kernel : {"spin", "deep"}) {
    VirtualDeviceOptions options;
    options.instruction_budget = kBudget;
    device_ = make_virtual_device(options);
    load();
    Launch launch;
    launch.kernel = kernel;
    const auto fault = device_->launch(*module_, launch);
    ASSERT_TRUE(fault) << kernel;
    EXPECT_EQ(fault->kind, FaultKind::BudgetExceeded) << kernel;
    EXPECT_LT(executed_instructions(*device_), 10 * kBudget) << kernel;
    module_.reset();
  }
}

TEST_F(VirtualDevice, RefusesOnlyTheKernelThatNeedsWhatItLacks) {
  load();
  const BufferPtr out = device_->allocate({"out", 100, Access::Output});
  EXPECT_FALSE(device_->launch(*module_, fill(*out)));
  Launch launch;
  launch.kernel = "needs_wgmma";
  const auto fault = device_->launch(*module_, launch);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->kind, FaultKind::Unsupported);
  EXPECT_THAT(fault->message, HasSubstr("wgmma.fence.sync.aligned"));
  EXPECT_EQ(fault->ptx.line, 33);
}

TEST_F(VirtualDevice, RefusesCubins) {
  std::optional<Fault> fault;
  EXPECT_EQ(device_->load({Image::Kind::Cubin, "", "sm_90"}, fault), nullptr);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->message, "the virtual device executes PTX, and this image is a cubin");
}

TEST_F(VirtualDevice, GivesTheSameResultsOnOneAndManyHostThreads) {
  for (const std::size_t threads : {1, 4}) {
    VirtualDeviceOptions options;
    options.threads = threads;
    device_ = make_virtual_device(options);
    load();
    const BufferPtr out = device_->allocate({"out", 64, Access::Output});
    Launch launch = fill(*out);
    launch.grid.x = 100;
    EXPECT_FALSE(device_->launch(*module_, launch));
    std::vector<std::uint32_t> values(16);
    device_->download(*out, std::as_writable_bytes(std::span(values)));
    for (std::uint32_t i = 0; i < 16; ++i) EXPECT_EQ(values[i], i);
    EXPECT_EQ(executed_instructions(*device_), 100 * 16 * 5);
    module_.reset();
  }
}

// A frame of 64 KiB a thread at once; 1 KiB a call.
constexpr const char* kHungry = R"(
.version 8.0
.target sm_80
.address_size 64
.visible .entry frame()
{
  .local .align 8 .b8 depot[65536];
  .reg .b64 %d<2>;
  mov.u64 %d1, depot;
  st.local.u32 [%d1], 1;
  ret;
}
.func (.param .b32 result) nest(.param .b32 depth)
{
  .local .align 8 .b8 depot[1024];
  .reg .pred %p;
  .reg .b32 %r<3>;
  .reg .b64 %d<2>;
  mov.u64 %d1, depot;
  st.local.u32 [%d1], 1;
  ld.param.u32 %r1, [depth];
  setp.eq.u32 %p, %r1, 0;
  @%p bra DONE;
  sub.u32 %r1, %r1, 1;
  {
    .param .b32 deeper;
    .param .b32 back;
    st.param.b32 [deeper], %r1;
    call (back), nest, (deeper);
    ld.param.b32 %r1, [back];
  }
DONE:
  st.param.b32 [result], %r1;
  ret;
}
.visible .entry calls()
{
  .param .b32 depth;
  .param .b32 back;
  st.param.b32 [depth], 300;
  call (back), nest, (depth);
  ret;
}
)";

class DeviceMemory : public testing::Test {
 protected:
  static std::optional<Fault> launch(const char* kernel, std::size_t memory_bytes, int times = 1) {
    VirtualDeviceOptions options;
    options.memory_bytes = memory_bytes;
    options.threads = 1;
    const DevicePtr device = make_virtual_device(options);
    std::optional<Fault> fault;
    const ModulePtr module = device->load({Image::Kind::Ptx, kHungry, "compute_80"}, fault);
    for (int i = 0; i < times && !fault; ++i) {
      fault = device->launch(*module, Launch{kernel, {4, 1, 1}, {64, 1, 1}, {}, 0, {}});
    }
    return fault;
  }
};

TEST_F(DeviceMemory, HoldsTheFramesOfABlock) {
  const auto fault = launch("frame", 4 << 20);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->kind, FaultKind::OutOfMemory);
  EXPECT_THAT(fault->message,
              testing::MatchesRegex("a block of 64 threads needs 419[0-9]+ bytes of the virtual "
                                    "device for its registers, local and shared memory; buffers "
                                    "leave 4194304 of its 4194304"));
}

TEST_F(DeviceMemory, IsGivenBackByBlocksThatEnd) {
  EXPECT_EQ(launch("frame", 5 << 20, 3), std::nullopt);
}

TEST_F(DeviceMemory, HoldsWhatDeepCallsNeed) {
  EXPECT_EQ(launch("calls", 64 << 20, 3), std::nullopt);
  const auto fault = launch("calls", 4 << 20);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->kind, FaultKind::OutOfMemory);
  EXPECT_THAT(fault->message, HasSubstr("the virtual device has no memory left for them"));
}

}  // namespace
}  // namespace fitest::ptx
