// SPDX-License-Identifier: Apache-2.0
#include "ptx/schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "base/error.h"
#include "ptx/virtual_device.h"

namespace fitest::ptx {
namespace {

using testing::HasSubstr;

std::string error_of(const std::string& text) {
  try {
    parse_schedule(text);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Schedule, ReadsWhatItWrites) {
  for (const char* text : {"fair", "random:0", "random:12345", "adversarial"}) {
    EXPECT_EQ(to_string(parse_schedule(text)), text);
  }
}

TEST(Schedule, DrawsASeedThatReplays) {
  const Schedule drawn = parse_schedule("random");
  const Schedule again = parse_schedule(to_string(drawn));
  EXPECT_EQ(again.kind, ScheduleKind::Random);
  EXPECT_EQ(again.seed, drawn.seed);
}

TEST(Schedule, RefusesOtherWords) {
  EXPECT_THAT(error_of("unfair"), HasSubstr("unknown schedule 'unfair': expected fair, random, "
                                            "random:SEED or adversarial"));
  EXPECT_THAT(error_of("random:x"), HasSubstr("expected random:N"));
  EXPECT_THAT(error_of("random:-1"), HasSubstr("expected random:N"));
}

// Each of two warps stores its number, and warp 1 reads what warp 0 has stored, without a barrier.
constexpr const char* kMissingBarrier = R"(
.version 8.0
.target sm_80
.address_size 64
.visible .entry reads_before(.param .u64 out)
{
  .reg .pred %p<2>;
  .reg .b32 %r<8>;
  .reg .b64 %d<4>;
  .shared .align 4 .b8 tile[256];
  ld.param.u64 %d1, [out];
  mov.u32 %r1, %tid.x;
  mad.wide.u32 %d1, %r1, 4, %d1;
  mov.u32 %r2, tile;
  mad.lo.u32 %r3, %r1, 4, %r2;
  add.u32 %r4, %r1, 1000;
  st.shared.u32 [%r3], %r4;
  and.b32 %r5, %r1, 31;
  mad.lo.u32 %r6, %r5, 4, %r2;
  ld.shared.u32 %r7, [%r6];
  st.global.u32 [%d1], %r7;
  ret;
}
)";

class MissingBarrier : public testing::Test {
 protected:
  static std::vector<std::uint32_t> run(const std::string& schedule) {
    VirtualDeviceOptions options;
    options.schedule = parse_schedule(schedule);
    const DevicePtr device = make_virtual_device(options);
    std::optional<Fault> fault;
    const ModulePtr module = device->load({Image::Kind::Ptx, kMissingBarrier, "compute_80"}, fault);
    const BufferPtr out = device->allocate({"out", 256, Access::Output});
    const std::uint64_t address = out->address();
    KernelArgument argument{"out", std::vector<std::byte>(sizeof address)};
    std::memcpy(argument.bytes.data(), &address, sizeof address);
    EXPECT_FALSE(
        device->launch(*module, {"reads_before", {1, 1, 1}, {64, 1, 1}, {}, 0, {argument}}));
    std::vector<std::uint32_t> values(64);
    device->download(*out, std::as_writable_bytes(std::span(values)));
    return values;
  }

  static bool is_right(const std::vector<std::uint32_t>& values) {
    for (std::uint32_t i = 0; i < values.size(); ++i) {
      if (values[i] != 1000 + i % 32) return false;
    }
    return true;
  }
};

TEST_F(MissingBarrier, PassesByTheFairSchedule) {
  EXPECT_TRUE(is_right(run("fair")));
}

TEST_F(MissingBarrier, GivesAWrongResultByTheAdversarialOne) {
  EXPECT_FALSE(is_right(run("adversarial")));
}

TEST_F(MissingBarrier, GivesAWrongResultBySomeSeed) {
  bool wrong = false;
  for (int seed = 0; seed < 16 && !wrong; ++seed) {
    wrong = !is_right(run("random:" + std::to_string(seed)));
  }
  EXPECT_TRUE(wrong);
}

TEST_F(MissingBarrier, GivesTheSameResultTwiceByTheSameSeed) {
  for (int seed = 0; seed < 8; ++seed) {
    const std::string schedule = "random:" + std::to_string(seed);
    EXPECT_EQ(run(schedule), run(schedule));
  }
}

}  // namespace
}  // namespace fitest::ptx
