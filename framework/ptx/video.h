// SPDX-License-Identifier: Apache-2.0
// The video instructions (PTX ISA §9.7.18) as records that fit into Op::imm, and their arithmetic.
#pragma once

#include <algorithm>
#include <cstdint>

namespace fitest::ptx {

enum class VideoOperation : std::uint8_t {
  Add,
  Subtract,
  Difference,
  Minimum,
  Maximum,
  Average,
  ShiftLeft,
  ShiftRight,
  MultiplyAdd,
  Compare,
};
enum class VideoSecond : std::uint8_t { None, Add, Minimum, Maximum, Merge };
enum class VideoCompare : std::uint8_t { Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual };

inline constexpr std::uint8_t kVideoSignedA = 1;
inline constexpr std::uint8_t kVideoSignedB = 2;
inline constexpr std::uint8_t kVideoSignedD = 4;
inline constexpr std::uint8_t kVideoSaturate = 8;
inline constexpr std::uint8_t kVideoWrap = 16;  // of shifts: by the low five bits
inline constexpr std::uint8_t kVideoPlusOne = 32;

// A part of a register: none, a byte, or a half.
struct VideoPart {
  std::uint8_t bits = 32;
  std::uint8_t shift = 0;
};

// One value of each operand. Parts are codes of part_of().
struct VideoForm {
  VideoOperation operation = VideoOperation::Add;
  VideoSecond second = VideoSecond::None;
  VideoCompare compare = VideoCompare::Equal;
  std::uint8_t flags = 0;
  std::uint8_t a_part = 0;
  std::uint8_t b_part = 0;
  std::uint8_t d_part = 0;
  std::uint8_t scale = 0;  // of vmad: the result is shifted right by it
};
static_assert(sizeof(VideoForm) == 8);

// Two halves or four bytes. Selectors have four bits for each element of the result, which number
// the elements of a and, after them, of b.
struct VideoVectorForm {
  VideoOperation operation = VideoOperation::Add;
  VideoCompare compare = VideoCompare::Equal;
  std::uint8_t flags = 0;
  std::uint8_t mask = 0;  // elements; kVideoAccumulate
  std::uint16_t a_select = 0;
  std::uint16_t b_select = 0;
};
static_assert(sizeof(VideoVectorForm) == 8);
inline constexpr std::uint8_t kVideoAccumulate = 128;  // d = c + the masked results

// 0: all; 1 to 4: .b0 to .b3; 5, 6: .h0, .h1
constexpr VideoPart part_of(std::uint8_t code) {
  if (code == 0) return {};
  if (code <= 4) return {8, static_cast<std::uint8_t>(8 * (code - 1))};
  return {16, static_cast<std::uint8_t>(16 * (code - 5))};
}

constexpr std::int64_t video_extend(std::uint32_t value, VideoPart part, bool is_signed) {
  const auto up = static_cast<std::uint64_t>(value >> part.shift) << (64 - part.bits);
  return is_signed ? static_cast<std::int64_t>(up) >> (64 - part.bits)
                   : static_cast<std::int64_t>(up >> (64 - part.bits));
}

constexpr std::int64_t video_clamp(std::int64_t value, int bits, bool is_signed) {
  const std::int64_t range = std::int64_t{1} << bits;
  const std::int64_t low = is_signed ? -range / 2 : 0;
  return std::clamp(value, low, low + range - 1);
}

constexpr bool video_compare(VideoCompare compare, std::int64_t a, std::int64_t b) {
  switch (compare) {
    case VideoCompare::Equal:
      return a == b;
    case VideoCompare::NotEqual:
      return a != b;
    case VideoCompare::Less:
      return a < b;
    case VideoCompare::LessEqual:
      return a <= b;
    case VideoCompare::Greater:
      return a > b;
    default:
      return a >= b;
  }
}

// The operations that vectors have too.
constexpr std::int64_t video_basic(VideoOperation operation, std::int64_t a, std::int64_t b) {
  switch (operation) {
    case VideoOperation::Add:
      return a + b;
    case VideoOperation::Subtract:
      return a - b;
    case VideoOperation::Difference:
      return a > b ? a - b : b - a;
    case VideoOperation::Minimum:
      return std::min(a, b);
    case VideoOperation::Maximum:
      return std::max(a, b);
    default:  // an average rounds halves away from zero
      return (a + b + (a + b >= 0 ? 1 : 0)) >> 1;
  }
}

constexpr std::int64_t video_first(const VideoForm& form, std::int64_t a, std::int64_t b) {
  const auto wrapped = b & 31;
  const auto clamped = std::min<std::int64_t>(b, 32);
  const auto by = (form.flags & kVideoWrap) != 0 ? wrapped : clamped;
  switch (form.operation) {
    case VideoOperation::ShiftLeft:
      return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) << by);
    case VideoOperation::ShiftRight:
      return a >> by;
    case VideoOperation::Compare:
      return video_compare(form.compare, a, b) ? 1 : 0;
    default:
      return video_basic(form.operation, a, b);
  }
}

constexpr std::uint32_t video_second(const VideoForm& form, std::int64_t value, std::uint32_t c) {
  const auto first = static_cast<std::uint32_t>(value);
  const bool is_signed = (form.flags & kVideoSignedD) != 0;
  const bool less =
      is_signed ? static_cast<std::int32_t>(first) < static_cast<std::int32_t>(c) : first < c;
  switch (form.second) {
    case VideoSecond::Add:
      return first + c;
    case VideoSecond::Minimum:
      return less ? first : c;
    case VideoSecond::Maximum:
      return less ? c : first;
    case VideoSecond::Merge: {
      const VideoPart part = part_of(form.d_part);
      const std::uint32_t mask = ((std::uint32_t{1} << part.bits) - 1) << part.shift;
      return ((first << part.shift) & mask) | (c & ~mask);
    }
    default:
      return first;
  }
}

// vadd, vsub, vabsdiff, vmin, vmax, vshl, vshr, vset
constexpr std::uint32_t video(const VideoForm& form, std::uint32_t a, std::uint32_t b,
                              std::uint32_t c) {
  const bool shifts =
      form.operation == VideoOperation::ShiftLeft || form.operation == VideoOperation::ShiftRight;
  const std::int64_t x = video_extend(a, part_of(form.a_part), (form.flags & kVideoSignedA) != 0);
  const std::int64_t y =
      video_extend(b, part_of(form.b_part), !shifts && (form.flags & kVideoSignedB) != 0);
  std::int64_t value = video_first(form, x, y);
  if ((form.flags & kVideoSaturate) != 0) {
    value = video_clamp(value, part_of(form.d_part).bits, (form.flags & kVideoSignedD) != 0);
  }
  return video_second(form, value, c);
}

// vmad: a * b + c, scaled.
constexpr std::uint32_t video_multiply_add(const VideoForm& form, std::uint32_t a, std::uint32_t b,
                                           std::uint32_t c) {
  const bool signed_a = (form.flags & kVideoSignedA) != 0;
  const bool signed_b = (form.flags & kVideoSignedB) != 0;
  const bool is_signed = signed_a || signed_b;
  __extension__ using Wide = __int128;  // a sum has 67 bits
  const Wide product = static_cast<Wide>(video_extend(a, part_of(form.a_part), signed_a)) *
                       video_extend(b, part_of(form.b_part), signed_b);
  const Wide addend = is_signed ? static_cast<Wide>(static_cast<std::int32_t>(c)) : Wide{c};
  const Wide sum = product + addend + ((form.flags & kVideoPlusOne) != 0 ? 1 : 0);
  Wide result = sum >> form.scale;
  if ((form.flags & kVideoSaturate) != 0) {
    const Wide low = is_signed ? -(Wide{1} << 31) : Wide{0};
    result = std::clamp<Wide>(result, low, low + (Wide{1} << 32) - 1);
  }
  return static_cast<std::uint32_t>(result);
}

// vadd2, vadd4 and their like; kCount elements.
template <int kCount>
constexpr std::uint32_t video_vector(const VideoVectorForm& form, std::uint32_t a, std::uint32_t b,
                                     std::uint32_t c) {
  constexpr std::uint8_t kBits = 32 / kCount;
  const auto element = [&](std::uint32_t select, int i, bool is_signed) {
    const std::uint32_t number = (select >> (4 * i)) & (2 * kCount - 1);
    const auto shift = static_cast<std::uint8_t>(number % kCount * kBits);
    return video_extend(number < kCount ? a : b, {kBits, shift}, is_signed);
  };
  const bool accumulates = (form.mask & kVideoAccumulate) != 0;
  std::uint32_t result = c;
  for (int i = 0; i < kCount; ++i) {
    if (((form.mask >> i) & 1) == 0) continue;
    const std::int64_t x = element(form.a_select, i, (form.flags & kVideoSignedA) != 0);
    const std::int64_t y = element(form.b_select, i, (form.flags & kVideoSignedB) != 0);
    std::int64_t value = form.operation == VideoOperation::Compare
                             ? static_cast<std::int64_t>(video_compare(form.compare, x, y))
                             : video_basic(form.operation, x, y);
    if ((form.flags & kVideoSaturate) != 0) {
      value = video_clamp(value, kBits, (form.flags & kVideoSignedD) != 0);
    }
    if (accumulates) {
      result += static_cast<std::uint32_t>(value);
      continue;
    }
    const std::uint32_t mask = ((std::uint32_t{1} << kBits) - 1) << (kBits * i);
    result = (result & ~mask) | ((static_cast<std::uint32_t>(value) << (kBits * i)) & mask);
  }
  return result;
}

}  // namespace fitest::ptx
