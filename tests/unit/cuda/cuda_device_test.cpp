// SPDX-License-Identifier: Apache-2.0
#include "cuda/cuda_device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "cuda/fake_cupti.h"
#include "cuda/fake_driver.h"
#include "cuda/gpu_lock.h"
#include "device/hardware.h"

namespace fitest::cuda {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class CudaDeviceTest : public testing::Test {
 protected:
  void SetUp() override {
    options_.lock_folder =
        std::filesystem::temp_directory_path() / ("fitest-cuda-test-" + std::to_string(::getpid()));
    std::filesystem::create_directories(options_.lock_folder);
    gpu_.kernels["add"] = {};
    options_.timer = TimerChoice::Events;
    device_ = make_cuda_device(api_, options_);
  }
  void TearDown() override {
    modules_.clear();
    device_.reset();
    std::filesystem::remove_all(options_.lock_folder);
  }

  // Adds a kernel, loads a module with it and launches it once.
  std::optional<Fault> launch(const std::string& name, FakeKernel kernel) {
    gpu_.kernels[name] = std::move(kernel);
    std::optional<Fault> fault;
    modules_.push_back(device_->load({Image::Kind::Ptx, name, "compute_90"}, fault));
    if (fault) return fault;
    launch_.kernel = name;
    return device_->launch(*modules_.back(), launch_);
  }
  static void write(const Buffer& buffer, std::int64_t offset, std::size_t count) {
    std::memset(host_pointer(buffer.address()) + offset, 0, count);
  }
  std::ptrdiff_t count_calls(const std::string& call) const {
    return std::count(gpu_.calls.begin(), gpu_.calls.end(), call);
  }

  FakeGpu gpu_;
  DriverApi api_ = fake_driver(gpu_);
  CudaDeviceOptions options_;
  DevicePtr device_;
  std::vector<ModulePtr> modules_;
  Launch launch_{"add", {2, 1, 1}, {64, 1, 1}, std::nullopt, 0, {}};
};

TEST_F(CudaDeviceTest, PropertiesAreTheDrivers) {
  const DeviceProperties& properties = device_->properties();
  EXPECT_EQ(properties.kind, "cuda");
  EXPECT_EQ(properties.name, "Fake GPU");
  EXPECT_EQ(properties.compute_major, 9);
  EXPECT_EQ(properties.sm_count, 132);
  EXPECT_EQ(properties.shared_memory_per_block, 232448u);
  EXPECT_THAT(properties.driver_version, HasSubstr("CUDA 13.0"));
}

TEST_F(CudaDeviceTest, UploadedBytesComeBack) {
  const BufferPtr buffer = device_->allocate({"x", 7, Access::Input});
  std::vector<std::byte> bytes(7, std::byte{42});
  device_->upload(*buffer, bytes);
  std::vector<std::byte> back(7);
  device_->download(*buffer, back);
  EXPECT_EQ(back, bytes);
}

TEST_F(CudaDeviceTest, CopiedInputIsGuardedAsItsSource) {
  const BufferPtr kept = device_->allocate({"kept", 64, Access::Input});
  const BufferPtr x = device_->allocate({"x", 64, Access::Input});
  device_->upload(*kept, std::vector<std::byte>(64, std::byte{1}));
  device_->upload(*x, std::vector<std::byte>(64, std::byte{2}));
  copy_buffer(*device_, *x, *kept);
  EXPECT_EQ(*host_pointer(x->address() + 63), std::byte{1});
  EXPECT_EQ(device_->check_guards(*x), std::nullopt);
  launch("wild", {.run = [&](const FakeLaunch&) { write(*x, 0, 1); }});
  EXPECT_EQ(device_->check_guards(*x)->kind, FaultKind::ReadOnlyWrite);
}

TEST_F(CudaDeviceTest, BuffersKeepTheAlignmentOfTheDriver) {
  EXPECT_EQ(device_->allocate({"x", 7, Access::Input})->address() % 256, 0u);
}

TEST_F(CudaDeviceTest, MemoryThatIsNotThereIsAnEnvironmentError) {
  try {
    device_->allocate({"x", std::size_t{1} << 31, Access::Input});
    FAIL() << "more memory than the GPU has";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Environment);
    EXPECT_THAT(error.what(), HasSubstr("1073741824 of 1073741824 bytes are free"));
  }
}

TEST_F(CudaDeviceTest, PoisonFillsUpToTheLastByte) {
  const BufferPtr buffer = device_->allocate({"y", 7, Access::Output});
  device_->poison(*buffer);
  std::vector<std::byte> bytes(7);
  device_->download(*buffer, bytes);
  const std::vector expected{std::byte{0xFF}, std::byte{0x7F}, std::byte{0xFF}, std::byte{0xFF},
                             std::byte{0xFF}, std::byte{0x7F}, std::byte{0xFF}};
  EXPECT_EQ(bytes, expected);
  EXPECT_EQ(device_->check_guards(*buffer), std::nullopt);
}

TEST_F(CudaDeviceTest, UnwrittenWordsAreFoundByThePattern) {
  const BufferPtr buffer = device_->allocate({"y", 64, Access::Output});
  device_->poison(*buffer);
  launch("half", {.run = [&](const FakeLaunch&) { write(*buffer, 0, 40); }});
  EXPECT_EQ(device_->unwritten_bytes(*buffer), 24u);
}

TEST_F(CudaDeviceTest, NothingIsSaidWhereThePatternIsGone) {
  const BufferPtr buffer = device_->allocate({"y", 64, Access::Output});
  device_->poison(*buffer);
  launch("all", {.run = [&](const FakeLaunch&) { write(*buffer, 0, 64); }});
  EXPECT_EQ(device_->unwritten_bytes(*buffer), std::nullopt);
}

TEST_F(CudaDeviceTest, WritePastTheEndIsAFaultWithBufferAndOffset) {
  const BufferPtr buffer = device_->allocate({"y", 64, Access::Output});
  launch("wild", {.run = [&](const FakeLaunch&) { write(*buffer, 68, 4); }});
  const auto fault = device_->check_guards(*buffer);
  ASSERT_TRUE(fault);
  EXPECT_EQ(describe(*fault),
            "out of bounds: 4 bytes outside 'y' were changed, the nearest at y+68, 4 bytes past "
            "its end (64 bytes)\n    kernel wild");
  EXPECT_EQ(fault->buffer, "y");
  EXPECT_EQ(fault->offset, 68);
}

TEST_F(CudaDeviceTest, WriteIntoAnInputIsAFaultWithItsPlace) {
  const BufferPtr x = device_->allocate({"x", 40001, Access::Input});
  device_->upload(*x, std::vector<std::byte>(40001, std::byte{1}));
  EXPECT_EQ(device_->check_guards(*x), std::nullopt);
  launch("wild", {.run = [&](const FakeLaunch&) { write(*x, 40000, 1); }});
  const auto fault = device_->check_guards(*x);
  ASSERT_TRUE(fault);
  EXPECT_EQ(describe(*fault),
            "write to an input: input 'x' was changed, first within its bytes 32768 to 40000 (of "
            "40001)\n    kernel wild");
}

TEST_F(CudaDeviceTest, InputUploadedAgainMayDiffer) {
  const BufferPtr x = device_->allocate({"x", 64, Access::Input});
  device_->upload(*x, std::vector<std::byte>(64, std::byte{1}));
  device_->upload(*x, std::vector<std::byte>(64, std::byte{2}));
  EXPECT_EQ(device_->check_guards(*x), std::nullopt);
}

TEST_F(CudaDeviceTest, KernelsOfAnEarlierRunAreNoSuspects) {
  const BufferPtr y = device_->allocate({"y", 64, Access::Output});
  launch("good", {});
  device_->poison(*y);
  launch("wild", {.run = [&](const FakeLaunch&) { write(*y, 64, 1); }});
  EXPECT_EQ(device_->check_guards(*y)->kernel, "wild");
}

TEST_F(CudaDeviceTest, LaunchPassesArguments) {
  std::uint32_t seen = 0;
  launch_.arguments = {{"n", {std::byte{7}, std::byte{0}, std::byte{0}, std::byte{0}}}};
  FakeKernel kernel;
  kernel.parameter_bytes = {4};
  kernel.run = [&](const FakeLaunch& launched) {
    std::memcpy(&seen, launched.parameters.at(0), sizeof seen);
  };
  EXPECT_EQ(launch("count", kernel), std::nullopt);
  EXPECT_EQ(seen, 7u);
}

TEST_F(CudaDeviceTest, LaunchPassesGridBlockAndCluster) {
  launch_.cluster = Dim3{2, 1, 1};
  launch("add", {});
  const FakeLaunch& launched = gpu_.launches.at(0);
  EXPECT_EQ(launched.config.grid_x, 2u);
  EXPECT_EQ(launched.config.block_x, 64u);
  const LaunchAttribute& attribute = launched.attributes.at(0);
  EXPECT_EQ(attribute.id, LaunchAttributeId::ClusterDimension);
  EXPECT_THAT(std::span(attribute.value).first(3), ElementsAre(2, 1, 1));
}

TEST_F(CudaDeviceTest, CooperativeLaunchSaysSoToTheDriver) {
  launch_.cooperative = true;
  EXPECT_EQ(launch("add", {}), std::nullopt);
  const LaunchAttribute& attribute = gpu_.launches.at(0).attributes.at(0);
  EXPECT_EQ(attribute.id, LaunchAttributeId::Cooperative);
  EXPECT_EQ(attribute.value.front(), 1u);
}

TEST_F(CudaDeviceTest, CooperativeGridOfMoreThanTheGpuHoldsIsRefusedWithWhatFits) {
  launch_.cooperative = true;
  launch_.grid = {265, 1, 1};
  const auto fault = launch("add", {.resident_blocks = 2});
  ASSERT_TRUE(fault);
  EXPECT_EQ(describe(*fault),
            "invalid launch: a cooperative launch needs all of its 265 blocks resident at once; 2 "
            "of them fit on a multiprocessor, so 264 on the device's 132; the launch: grid "
            "(265,1,1), block (64,1,1), cooperative\n    kernel add");
  launch_.grid = {264, 1, 1};
  EXPECT_EQ(launch("add", {.resident_blocks = 2}), std::nullopt);
}

TEST_F(CudaDeviceTest, SharedMemoryOverTheDefaultIsOptedInto) {
  launch_.dynamic_shared_bytes = 49152;
  launch("small", {});
  EXPECT_THAT(gpu_.set_attributes, IsEmpty());
  launch_.dynamic_shared_bytes = 100000;
  launch("large", {});
  EXPECT_THAT(gpu_.set_attributes, ElementsAre("8=100000"));
}

TEST_F(CudaDeviceTest, ClusterOfMoreThanEightBlocksIsOptedInto) {
  launch_.grid = {16, 1, 1};
  launch_.cluster = Dim3{16, 1, 1};
  launch("wide", {});
  EXPECT_THAT(gpu_.set_attributes, ElementsAre("14=1"));
}

TEST_F(CudaDeviceTest, ImpossibleLaunchNeverReachesTheDriver) {
  launch_.block = {2048, 1, 1};
  const auto fault = launch("add", {});
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->kind, FaultKind::InvalidLaunch);
  EXPECT_THAT(gpu_.launches, IsEmpty());
  EXPECT_EQ(device_->synchronize(), std::nullopt);
}

TEST_F(CudaDeviceTest, UnknownKernelIsNamedWithThoseOfTheModule) {
  std::optional<Fault> fault;
  const ModulePtr module = device_->load({Image::Kind::Cubin, "add", "sm_90a"}, fault);
  launch_.kernel = "sub";
  EXPECT_EQ(describe(*device_->launch(*module, launch_)),
            "invalid launch: the module has no kernel of this name; it has add\n    kernel sub");
}

TEST_F(CudaDeviceTest, RefusedImageHasTheLogOfTheDriversCompiler) {
  std::optional<Fault> fault;
  EXPECT_EQ(device_->load({Image::Kind::Ptx, "nonsense", "compute_90"}, fault), nullptr);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->kind, FaultKind::Unsupported);
  EXPECT_EQ(fault->message,
            "loading PTX for compute_90 failed: CUDA_ERROR_FAKE (218): as arranged\n"
            "ptxas fatal: unknown 'nonsense'");
}

TEST_F(CudaDeviceTest, FaultOfTheHardwareNamesTheKernel) {
  launch("stray", {.ends_with = CudaResult::IllegalAddress});
  EXPECT_EQ(describe(*device_->synchronize()),
            "out of bounds: the launch failed: CUDA_ERROR_FAKE (700): as arranged\n"
            "    kernel stray");
}

TEST_F(CudaDeviceTest, EveryCallAfterAPoisoningFaultEndsWithIt) {
  const BufferPtr buffer = device_->allocate({"y", 64, Access::Output});
  launch("stray", {.ends_with = CudaResult::IllegalAddress});
  const std::string first = describe(*device_->synchronize());
  EXPECT_EQ(describe(*device_->synchronize()), first);
  EXPECT_EQ(describe(*device_->launch(*modules_.back(), launch_)), first);
  EXPECT_EQ(describe(*device_->check_guards(*buffer)), first);
  try {
    device_->poison(*buffer);
    FAIL() << "the context is lost";
  } catch (const Error& error) {
    EXPECT_EQ(error.what(), first);
  }
}

TEST_F(CudaDeviceTest, LostContextIsNotTouchedAgain) {
  BufferPtr buffer = device_->allocate({"y", 64, Access::Output});
  device_->time([] {});
  launch("stray", {.ends_with = CudaResult::MisalignedAddress});
  ASSERT_TRUE(device_->synchronize());
  gpu_.calls.clear();
  buffer.reset();
  modules_.clear();
  device_.reset();
  EXPECT_THAT(gpu_.calls, IsEmpty());
}

TEST_F(CudaDeviceTest, EverythingIsGivenBack) {
  BufferPtr buffer = device_->allocate({"y", 64, Access::Output});
  launch("add", {});
  device_->time([] {});
  buffer.reset();
  modules_.clear();
  device_.reset();
  EXPECT_THAT(gpu_.memory, IsEmpty());
  EXPECT_EQ(count_calls("event_destroy"), 2);
  EXPECT_EQ(count_calls("module_unload"), 1);
  EXPECT_EQ(gpu_.calls.back(), "context_release");
}

TEST_F(CudaDeviceTest, EndlessKernelEndsAtTheDeadline) {
  const auto deadline = steady_clock::now() + milliseconds(20);
  device_->set_deadline(deadline);
  launch("spin", {.endless = true});
  const auto fault = device_->synchronize();
  EXPECT_GE(steady_clock::now(), deadline);
  ASSERT_TRUE(fault);
  EXPECT_EQ(describe(*fault),
            "time limit exceeded: the GPU had not finished when the deadline passed\n"
            "    kernel spin");
  EXPECT_EQ(device_->synchronize()->kind, FaultKind::TimeLimit);
}

TEST_F(CudaDeviceTest, NothingStartsAfterTheDeadline) {
  launch("add", {});
  device_->synchronize();
  device_->set_deadline(steady_clock::now());
  EXPECT_EQ(device_->launch(*modules_.back(), launch_)->kind, FaultKind::TimeLimit);
  EXPECT_EQ(device_->synchronize(), std::nullopt);
}

TEST_F(CudaDeviceTest, TimeIsThatOfTheLaunchesFromAColdCache) {
  launch("add", {.milliseconds = 3});
  device_->synchronize();
  gpu_.calls.clear();
  const ElapsedTime elapsed = device_->time([&] { device_->launch(*modules_.back(), launch_); });
  EXPECT_EQ(elapsed.timer, "cuda_event");
  EXPECT_FLOAT_EQ(static_cast<float>(elapsed.milliseconds), 3);
  std::erase_if(gpu_.calls, [](const std::string& call) {
    return call == "stream_query" || call == "event_create" || call == "memory_allocate";
  });
  // The first fill clears what the others, or a kernel, flush the cache with.
  EXPECT_THAT(gpu_.calls,
              ElementsAre("fill_words", "context_reset_persisting_l2", "fill_words", "event_record",
                          "launch add", "event_record", "event_elapsed"));
}

TEST_F(CudaDeviceTest, WaitingInsideATimedBodyIsNotTimed) {
  launch("add", {.milliseconds = 3});
  device_->synchronize();
  gpu_.query_takes_ms = 100;
  const ElapsedTime elapsed = device_->time([&] {
    device_->launch(*modules_.back(), launch_);
    device_->synchronize();
  });
  EXPECT_FLOAT_EQ(static_cast<float>(elapsed.milliseconds), 3);
}

TEST_F(CudaDeviceTest, LaunchesAfterAWaitInsideATimedBodyCount) {
  launch("add", {.milliseconds = 3});
  device_->synchronize();
  const ElapsedTime elapsed = device_->time([&] {
    device_->launch(*modules_.back(), launch_);
    device_->synchronize();
    device_->launch(*modules_.back(), launch_);
  });
  EXPECT_FLOAT_EQ(static_cast<float>(elapsed.milliseconds), 6);
}

TEST_F(CudaDeviceTest, FaultInATimedBodyGivesNoTime) {
  launch("add", {});
  device_->synchronize();
  gpu_.kernels["add"].ends_with = CudaResult::LaunchFailed;
  const ElapsedTime elapsed = device_->time([&] { device_->launch(*modules_.back(), launch_); });
  EXPECT_TRUE(std::isnan(elapsed.milliseconds));
  EXPECT_TRUE(device_->synchronize());
}

TEST_F(CudaDeviceTest, UseKeepsOthersOutBetweenCallsUntilReleased) {
  const GpuLock::Place place{options_.lock_folder, device_->properties().uuid};
  const auto others_get_in = [&](GpuLock::Mode mode) {
    try {
      const GpuLock lock(place, mode, steady_clock::now());
      return true;
    } catch (const Error&) {
      return false;
    }
  };
  DeviceUse use(*device_, Use::Exclusive);
  device_->time([] {});
  const BufferPtr buffer = device_->allocate({"y", 64, Access::Output});
  EXPECT_FALSE(others_get_in(GpuLock::Mode::Shared));
  use.release();
  EXPECT_TRUE(others_get_in(GpuLock::Mode::Exclusive));
  const DeviceUse shared(*device_, Use::Shared);
  device_->synchronize();
  EXPECT_TRUE(others_get_in(GpuLock::Mode::Shared));
  EXPECT_FALSE(others_get_in(GpuLock::Mode::Exclusive));
}

TEST_F(CudaDeviceTest, ActivityRecordsTimeWhereTheyAreChosenAndEventsBeside) {
  FakeCupti::reset();
  const Cupti cupti{std::nullopt, FakeCupti::api(), {}};
  options_.timer = TimerChoice::Activity;
  options_.cupti = &cupti;
  device_ = make_cuda_device(api_, options_);
  launch("add", {.milliseconds = 3,
                 .run = [](const FakeLaunch&) { FakeCupti::add_kernel(1000, 2501000); }});
  device_->synchronize();
  const ElapsedTime elapsed = device_->time([&] { device_->launch(*modules_.back(), launch_); });
  EXPECT_EQ(elapsed.timer, "cupti_activity");
  EXPECT_DOUBLE_EQ(elapsed.milliseconds, 2.5);
  const auto other = other_time_of(*device_);
  ASSERT_TRUE(other);
  EXPECT_EQ(other->timer, "cuda_event");
  EXPECT_FLOAT_EQ(static_cast<float>(other->milliseconds), 3);
}

TEST_F(CudaDeviceTest, MissingActivityRecordIsAnErrorNotAnotherTimer) {
  FakeCupti::reset();
  const Cupti cupti{std::nullopt, FakeCupti::api(), {}};
  options_.timer = TimerChoice::Automatic;
  options_.cupti = &cupti;
  device_ = make_cuda_device(api_, options_);
  launch("add", {});
  device_->synchronize();
  try {
    device_->time([&] { device_->launch(*modules_.back(), launch_); });
    FAIL() << "CUPTI recorded nothing";
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()),
              "CUPTI recorded 0 kernels of a timed call that launched 1; `--timer events` times "
              "without it");
  }
}

TEST_F(CudaDeviceTest, EventsTimeWhereCuptiCannotAndTheReasonIsTold) {
  FakeCupti::reset();
  FakeCupti::refuse_with(39);
  const Cupti cupti{std::nullopt, FakeCupti::api(), {}};
  options_.timer = TimerChoice::Automatic;
  options_.cupti = &cupti;
  device_ = make_cuda_device(api_, options_);
  EXPECT_EQ(timer_reason_of(*device_), "CUPTI records no kernels: CUPTI_ERROR_FAKE (39)");
  EXPECT_EQ(device_->time([] {}).timer, "cuda_event");
  EXPECT_EQ(other_time_of(*device_), std::nullopt);
  options_.timer = TimerChoice::Activity;
  EXPECT_THROW(make_cuda_device(api_, options_), Error);
}

TEST_F(CudaDeviceTest, WithoutGuardsNothingIsBetweenAKernelAndTheSanitizer) {
  options_.guards = false;
  device_ = make_cuda_device(api_, options_);
  gpu_.calls.clear();
  const BufferPtr buffer = device_->allocate({"y", 64, Access::Output});
  EXPECT_TRUE(gpu_.memory.contains(buffer->address()));
  device_->poison(*buffer);
  EXPECT_EQ(device_->check_guards(*buffer), std::nullopt);
  EXPECT_EQ(device_->unwritten_bytes(*buffer), std::nullopt);
  EXPECT_EQ(count_calls("fill_words"), 0);
  EXPECT_EQ(count_calls("copy_to_device"), 0);
}

TEST_F(CudaDeviceTest, TensorMapIsEncodedInnermostDimensionFirst) {
  const BufferPtr buffer = device_->allocate({"a", 8192, Access::Input});
  TensorMap map;
  map.dtype = DType::BFloat16;
  map.shape = {32, 128};
  map.stride_bytes = dense_stride_bytes(map.dtype, map.shape);
  map.box = {8, 64};
  map.step = {1, 1};
  map.swizzle = 3;
  const EncodedTensorMap encoded =
      dynamic_cast<HardwareDevice&>(*device_).encode(map, buffer->address());
  std::array<std::uint64_t, 6> noted{};
  std::memcpy(noted.data(), encoded.data(), sizeof noted);
  EXPECT_THAT(noted, ElementsAre(buffer->address(), 128, 256, 64, 9, 3));
}

TEST_F(CudaDeviceTest, PrintedTextIsTakenOnce) {
  gpu_.kernels["vprintf"] = {};
  launch("vprintf", {.run = [&](const FakeLaunch&) { gpu_.printed = "hello\n"; }});
  device_->synchronize();
  EXPECT_EQ(device_->take_output(), "hello\n");
  EXPECT_EQ(device_->take_output(), "");
}

TEST_F(CudaDeviceTest, CopyThatDoesNotFitIsRefused) {
  const BufferPtr buffer = device_->allocate({"y", 64, Access::Output});
  const std::vector<std::byte> bytes(65);
  EXPECT_THROW(device_->upload(*buffer, bytes), Error);
}

}  // namespace
}  // namespace fitest::cuda
