// SPDX-License-Identifier: Apache-2.0
#include "ptx/memory_cost.h"

#include <gtest/gtest.h>

#include <array>

namespace fitest::ptx {
namespace {

constexpr std::uint32_t kAll = 0xFFFFFFFF;

struct Lanes {
  std::array<std::uint64_t, 32> address{};
  // Lane i accesses `base` + i * `step` bytes.
  Lanes(std::uint64_t base, std::uint64_t step) {
    for (std::size_t i = 0; i < address.size(); ++i) address[i] = base + i * step;
  }
  WarpRequest request(std::uint32_t bytes, std::uint32_t mask = kAll) const {
    return {address.data(), mask, bytes};
  }
};

std::uint64_t conflicts(const WarpRequest& request, bool atomic = false) {
  return count_wavefronts(request, atomic).conflicts;
}

TEST(Sectors, NeighbouringWordsShareThem) {
  EXPECT_EQ(count_sectors(Lanes(4096, 4).request(4)), 4u);
  EXPECT_EQ(count_sectors(Lanes(4096, 1).request(1)), 1u);
  EXPECT_EQ(count_sectors(Lanes(4096, 16).request(16)), 16u);
}

TEST(Sectors, ARowThatBeginsWithinASectorTouchesOneMore) {
  EXPECT_EQ(count_sectors(Lanes(4096 + 16, 4).request(4)), 5u);
}

TEST(Sectors, StridesTouchMore) {
  EXPECT_EQ(count_sectors(Lanes(4096, 8).request(4)), 8u);
  EXPECT_EQ(count_sectors(Lanes(4096, 32).request(4)), 32u);
  EXPECT_EQ(count_sectors(Lanes(4096, 4096).request(4)), 32u);
}

TEST(Sectors, OnlyActiveLanesCount) {
  EXPECT_EQ(count_sectors(Lanes(4096, 32).request(4, 0xF)), 4u);
  EXPECT_EQ(count_sectors(Lanes(4096, 0).request(4)), 1u);
}

TEST(Sectors, LanesThatComeBackToASectorDoNotCountItAgain) {
  Lanes lanes(4096, 4);
  for (std::size_t i = 0; i < 32; i += 2) lanes.address[i] = 8192;
  EXPECT_EQ(count_sectors(lanes.request(4)), 5u);
}

TEST(Banks, NeighbouringWordsDoNotConflict) {
  EXPECT_EQ(conflicts(Lanes(0, 4).request(4)), 0u);
  EXPECT_EQ(conflicts(Lanes(0, 2).request(2)), 0u);
  EXPECT_EQ(count_wavefronts(Lanes(0, 4).request(4)).wavefronts, 1u);
}

TEST(Banks, StridesConflictAsOftenAsTheyMeetABank) {
  EXPECT_EQ(conflicts(Lanes(0, 8).request(4)), 1u);
  EXPECT_EQ(conflicts(Lanes(0, 16).request(4)), 3u);
  EXPECT_EQ(conflicts(Lanes(0, 128).request(4)), 31u);
  EXPECT_EQ(conflicts(Lanes(0, 132).request(4)), 0u);
}

TEST(Banks, LanesThatReadOneWordShareIt) {
  EXPECT_EQ(conflicts(Lanes(64, 0).request(4)), 0u);
}

TEST(Banks, AtomicsOfOneWordTakeTurns) {
  EXPECT_EQ(conflicts(Lanes(64, 0).request(4), true), 31u);
  EXPECT_EQ(conflicts(Lanes(64, 0).request(4, 0x7), true), 2u);
}

TEST(Banks, EightBytesGoByHalvesOfTheWarp) {
  const BankCounts row = count_wavefronts(Lanes(0, 8).request(8));
  EXPECT_EQ(row.wavefronts, 2u);
  EXPECT_EQ(row.conflicts, 0u);
  // 16 lanes of a half, 16 bytes apart: two for every bank that they use.
  EXPECT_EQ(conflicts(Lanes(0, 16).request(8)), 2u);
  EXPECT_EQ(count_wavefronts(Lanes(0, 8).request(8, 0xFFFF)).wavefronts, 1u);
}

TEST(Banks, SixteenBytesGoByQuartersOfTheWarp) {
  const BankCounts row = count_wavefronts(Lanes(0, 16).request(16));
  EXPECT_EQ(row.wavefronts, 4u);
  EXPECT_EQ(row.conflicts, 0u);
  // Rows of 128 bytes: the 8 lanes of a quarter meet in four banks.
  EXPECT_EQ(conflicts(Lanes(0, 128).request(16)), 28u);
  // Rows padded by 16 bytes do not meet.
  EXPECT_EQ(conflicts(Lanes(0, 144).request(16)), 0u);
}

}  // namespace
}  // namespace fitest::ptx
