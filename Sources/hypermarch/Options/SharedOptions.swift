import ArgumentParser
import Foundation

/// Options that many commands share.
struct ThreadOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Threads to work with; the result does not depend on it.", valueName: "n"))
  var threads: Int?

  /// The processors that this process may use, or what was asked for.
  var count: Int { threads ?? ProcessInfo.processInfo.activeProcessorCount }

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads: found \(threads), expected 1…1024")
    }
  }
}

/// Where a command's result goes.
struct OutputOptions: ParsableArguments {
  @Option(name: [.short, .long], help: ArgumentHelp("The file to write.", valueName: "file"))
  var output: String?

  @Flag(help: "Replace files that exist.")
  var overwrite = false
}

/// A picture's size, given as `WIDTHxHEIGHT` or one number for a square.
struct PictureSize: ExpressibleByArgument, Equatable {
  let width: Int
  let height: Int

  static let limit = 16_384

  init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }

  init?(argument: String) {
    let parts = argument.split(separator: "x", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Int($0) }
    guard numbers.count == parts.count, (1...2).contains(parts.count) else { return nil }
    width = numbers[0]
    height = numbers.count == 2 ? numbers[1] : numbers[0]
  }

  /// - Throws: `ValidationError` for a size out of range.
  func validate() throws {
    for number in [width, height] where !(1...Self.limit).contains(number) {
      throw ValidationError(
        "--size: found \(width)x\(height), expected 1…\(Self.limit) pixels each way")
    }
  }
}

/// Three numbers with commas, such as `0,0,1.5`.
struct VectorArgument: ExpressibleByArgument, Equatable {
  let value: SIMD3<Float>

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Float($0) }.filter(\.isFinite)
    guard numbers.count == 3, parts.count == 3 else { return nil }
    value = SIMD3(numbers[0], numbers[1], numbers[2])
  }
}

/// What stands behind the scene: a colour, or nothing.
enum BackgroundArgument: ExpressibleByArgument, Equatable {
  case transparent
  /// RGB in [0, 1].
  case colour(SIMD3<Float>)

  private static let names: [String: SIMD3<Float>] = [
    "white": [1, 1, 1], "black": [0, 0, 0], "grey": [0.5, 0.5, 0.5], "red": [1, 0, 0],
    "green": [0, 1, 0], "blue": [0, 0, 1],
  ]

  /// What help shows as the default.
  var defaultValueDescription: String {
    switch self {
    case .transparent: "transparent"
    case .colour(let colour): Self.names.first { $0.value == colour }?.key ?? "\(colour)"
    }
  }

  init?(argument: String) {
    if argument == "transparent" {
      self = .transparent
    } else if let colour = Self.names[argument] {
      self = .colour(colour)
    } else if argument.hasPrefix("#"), argument.utf8.count == 7,
      argument.dropFirst().allSatisfy(\.isHexDigit),
      let bits = UInt32(argument.dropFirst(), radix: 16)
    {
      let channels = SIMD3(Float(bits >> 16 & 255), Float(bits >> 8 & 255), Float(bits & 255))
      self = .colour(channels / 255)
    } else {
      return nil
    }
  }
}
