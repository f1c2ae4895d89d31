// SPDX-License-Identifier: Apache-2.0
#include "cuda/guards.h"

#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <vector>

namespace fitest::cuda {
namespace {

constexpr std::size_t kSize = 4096;

class Guards : public testing::Test {
 protected:
  std::vector<std::byte> front_{guard_pattern().begin(), guard_pattern().end()};
  std::vector<std::byte> back_{front_};

  static void change(std::byte& byte) { byte ^= std::byte{1}; }
  std::optional<GuardDamage> find() const { return find_damage(front_, back_, kSize); }
};

TEST_F(Guards, UntouchedZonesShowNoDamage) {
  EXPECT_FALSE(find());
}

TEST_F(Guards, FirstByteAfterTheBufferIsWatched) {
  change(back_.front());
  const auto damage = find();
  ASSERT_TRUE(damage);
  EXPECT_EQ(damage->offset, 4096);
  EXPECT_EQ(describe(*damage, "y", kSize),
            "1 bytes outside 'y' were changed, the nearest at y+4096, 0 bytes past its end "
            "(4096 bytes)");
}

TEST_F(Guards, LastByteBeforeTheBufferIsWatched) {
  change(front_.back());
  const auto damage = find();
  ASSERT_TRUE(damage);
  EXPECT_EQ(damage->offset, -1);
  EXPECT_EQ(describe(*damage, "y", kSize),
            "1 bytes outside 'y' were changed, the nearest at y-1, 0 bytes before its start "
            "(4096 bytes)");
}

TEST_F(Guards, NearestDamageIsReportedAndAllIsCounted) {
  change(front_[kGuardBytes - 8]);
  change(back_[100]);
  change(back_[3]);
  const auto damage = find();
  ASSERT_TRUE(damage);
  EXPECT_EQ(damage->offset, 4099);
  EXPECT_EQ(damage->changed_bytes, 3u);
}

TEST_F(Guards, PatternIsNoRepeatedWord) {
  std::set<std::uint32_t> words;
  for (std::size_t i = 0; i < kGuardBytes; i += 4) {
    std::uint32_t word = 0;
    std::memcpy(&word, guard_pattern().data() + i, sizeof word);
    words.insert(word);
  }
  EXPECT_GT(words.size(), kGuardBytes / 4 - 8);
}

}  // namespace
}  // namespace fitest::cuda
