// SPDX-License-Identifier: Apache-2.0
// The virtual device against what a GPU gave for the same kernels (h100.txt, by
// record.cpp).
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <numeric>

#include "base/file.h"
#include "compile/compiler.h"
#include "ptx/golden/golden.h"
#include "ptx/virtual_device.h"

namespace fitest::golden {
namespace {

constexpr std::uint32_t kStride = 65521;  // a prime, so that all exponents come up

// Sums of up to 32 products below 4 that the tensor core truncates, each to
// about 2^-22 of the largest product.
constexpr double kProductTolerance = 32.0 / 4194304 * 4;

// Of shares that 65536 inputs estimate.
constexpr double kShareSlack = 0.01;

const File& recorded() {
  static const File file = from_text(read_file(FITEST_GOLDEN_DIR "/h100.txt"));
  return file;
}

// Share of the results that are at least 2^(bin - 1) from the nearest.
double share_beyond(const Numbers& numbers, std::size_t bin) {
  const auto begin = numbers.begin();
  const double all = std::accumulate(begin, begin + kSpecialBin, 0.0);
  return std::accumulate(begin + static_cast<std::ptrdiff_t>(bin), begin + kSpecialBin, 0.0) / all;
}

void expect_within(const Row& row, const Numbers& own, const Numbers& card) {
  EXPECT_LE(own[kLargestBin], card[kLargestBin]) << "the largest distance";
  for (std::size_t bin = 1; bin < kSpecialBin; ++bin) {
    EXPECT_LE(share_beyond(own, bin), share_beyond(card, bin) + kShareSlack) << "bin " << bin;
  }
  if (card[kSpecialBin] == 0) {
    EXPECT_EQ(own[kSpecialBin], 0u) << "NaN, infinity or zero";
  }
  EXPECT_GT(own[0], 0u) << row.kernel << " has no result that is the nearest";
}

void expect_near(const Numbers& own, const Numbers& card) {
  ASSERT_EQ(own.size(), card.size());
  for (std::size_t i = 0; i < own.size(); ++i) {
    const auto got = std::bit_cast<float>(static_cast<std::uint32_t>(own[i]));
    const auto wanted = std::bit_cast<float>(static_cast<std::uint32_t>(card[i]));
    EXPECT_NEAR(got, wanted, kProductTolerance) << "word " << i;
  }
}

bool has_integer_products(const Row& row) {
  return std::string(row.kernel) == "mma_s8" || std::string(row.kernel) == "mma_u8";
}

class Golden : public testing::TestWithParam<Row> {};

TEST_P(Golden, virtual_device_gives_what_the_gpu_gives) {
  if (!nvrtc_status().available) GTEST_SKIP() << nvrtc_status().problem;
  const Row& row = GetParam();
  ptx::VirtualDeviceOptions options;
  options.compute_major = 9;
  const DevicePtr device = ptx::make_virtual_device(options);
  const ModulePtr module = load_module(*device);
  const Numbers own = run_row(row, *device, *module, kStride);
  const auto card = recorded().find(row.kernel);
  ASSERT_NE(card, recorded().end()) << "h100.txt has no line for it; record it again";
  if (row.kind == Kind::Histogram || row.kind == Kind::Histogram16) {
    expect_within(row, own, card->second);
  } else if (row.kind == Kind::Products && !has_integer_products(row)) {
    expect_near(own, card->second);
  } else {
    EXPECT_EQ(own, card->second);
  }
}

INSTANTIATE_TEST_SUITE_P(Gpu, Golden, testing::ValuesIn(rows()),
                         [](const auto& row) { return std::string(row.param.kernel); });

}  // namespace

void PrintTo(const Row& row, std::ostream* out) {
  *out << row.kernel;
}

}  // namespace fitest::golden
