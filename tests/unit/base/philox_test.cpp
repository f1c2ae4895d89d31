// SPDX-License-Identifier: Apache-2.0
#include "base/philox.h"

#include <gtest/gtest.h>

namespace fitest {
namespace {

// Known answers of Random123 (kat_vectors, philox4x32 10).
static_assert(philox4x32_10({0, 0, 0, 0}, {0, 0}) ==
              PhiloxBlock{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
static_assert(philox4x32_10({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
                            {0xffffffff, 0xffffffff}) ==
              PhiloxBlock{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
static_assert(philox4x32_10({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                            {0xa4093822, 0x299f31d0}) ==
              PhiloxBlock{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});

TEST(Philox, RunTimeGivesTheKnownAnswersToo) {
  volatile std::uint32_t zero = 0;
  const PhiloxBlock block = philox4x32_10({zero, zero, zero, zero}, {zero, zero});
  EXPECT_EQ(block, (PhiloxBlock{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
}

TEST(Philox, EveryCounterWordAndKeyWordMatters) {
  const PhiloxBlock origin = philox4x32_10({0, 0, 0, 0}, {0, 0});
  for (std::size_t word = 0; word < 4; ++word) {
    PhiloxBlock counter{};
    counter[word] = 1;
    EXPECT_NE(philox4x32_10(counter, {0, 0}), origin) << word;
  }
  EXPECT_NE(philox4x32_10({0, 0, 0, 0}, {1, 0}), origin);
  EXPECT_NE(philox4x32_10({0, 0, 0, 0}, {0, 1}), origin);
}

}  // namespace
}  // namespace fitest
