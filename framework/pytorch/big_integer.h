// SPDX-License-Identifier: Apache-2.0
// An integer beyond 64 bits, as Python's int: sign and magnitude.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fitest::pytorch {

class BigInteger {
 public:
  // Longer ones are an Error (Input): products of longer ones take more time than an operation may.
  static constexpr std::size_t kMostBits = std::size_t{1} << 17;

  BigInteger(std::int64_t value = 0);  // NOLINT: an int64 is one
  // Digits of radix 2, 8, 10 or 16 without a prefix; nothing if there are none or others.
  // Error (Input) for more than 4300 decimal digits, CPython's limit.
  static std::optional<BigInteger> parse(std::string_view digits, unsigned radix);
  // The whole part of a finite number.
  static BigInteger of(double number);

  bool is_negative() const noexcept { return negative_; }
  bool is_zero() const noexcept { return limbs_.empty(); }
  bool is_odd() const noexcept { return !limbs_.empty() && (limbs_[0] & 1) != 0; }
  // Of the magnitude.
  std::size_t bits() const noexcept;
  std::size_t set_bits() const noexcept;
  std::optional<std::int64_t> narrow() const noexcept;
  // Nearest, ties to even; infinite where it is too large.
  double to_double() const noexcept;
  // Error (Input) for more than 4300 decimal digits.
  std::string text(unsigned radix = 10) const;

  BigInteger operator-() const;
  friend BigInteger operator+(const BigInteger& a, const BigInteger& b);
  friend BigInteger operator-(const BigInteger& a, const BigInteger& b);
  friend BigInteger operator*(const BigInteger& a, const BigInteger& b);
  friend bool operator==(const BigInteger& a, const BigInteger& b) = default;
  // Rounds down, as Python's // and %; the divisor is not zero.
  struct Division;
  static Division divide(const BigInteger& a, const BigInteger& b);
  // a / b, nearest; the divisor is not zero.
  static double ratio(const BigInteger& a, const BigInteger& b);
  static BigInteger power(BigInteger base, std::uint64_t exponent);
  // base**exponent % modulus; the modulus is not zero.
  static BigInteger power(const BigInteger& base, const BigInteger& exponent,
                          const BigInteger& modulus);
  BigInteger shifted_left(std::uint64_t by) const;
  BigInteger shifted_right(std::uint64_t by) const;  // rounds down
  // Bits of two's complement with endless signs.
  enum class BitOperator : std::uint8_t { And, Or, Xor };
  static BigInteger bitwise(BitOperator op, const BigInteger& a, const BigInteger& b);
  // -1, 0 or 1.
  static int compare(const BigInteger& a, const BigInteger& b) noexcept;
  // The same; 2 for NaN.
  static int compare(const BigInteger& a, double b);

 private:
  using Limbs = std::vector<std::uint32_t>;  // least significant first, no leading zero
  BigInteger(bool negative, Limbs limbs);

  bool negative_ = false;  // never of zero
  Limbs limbs_;
};

struct BigInteger::Division {
  BigInteger quotient;
  BigInteger rest;  // of the divisor's sign
};

}  // namespace fitest::pytorch
