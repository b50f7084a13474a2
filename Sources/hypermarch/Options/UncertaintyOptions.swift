import ArgumentParser

/// What is shown of a latent's posterior.
struct UncertaintyOptions: ParsableArguments {
  @Flag(
    help: ArgumentHelp(
      "Show the mean of a latent's posterior, and write its standard deviation as "
        + "FILE-deviation.png (white: 0.25 and more of a pixel's range) and both in 16 bits as "
        + "FILE-mean-data.png and FILE-deviation-data.png (65535: 1)."))
  var uncertainty = false

  @Option(
    help: ArgumentHelp(
      "Also write so many scenes of the posterior side by side, as FILE-completions.png.",
      valueName: "n"))
  var completions: Int?

  /// Whether none of the options is used.
  var isDefault: Bool { !uncertainty && completions == nil }

  static let completionLimit = 64

  /// Refuses options that mean nothing for draws.
  func check(against others: [(name: String, isUsed: Bool)]) throws {
    for (name, isUsed) in others where isUsed && uncertainty {
      throw ValidationError("--uncertainty: found it beside \(name), expected one of them")
    }
  }

  func validate() throws {
    if let completions {
      guard (1...Self.completionLimit).contains(completions) else {
        throw ValidationError(
          "--completions: found \(completions), expected 1…\(Self.completionLimit)")
      }
      if !uncertainty {
        throw ValidationError("--completions: found it alone, expected --uncertainty beside it")
      }
    }
  }
}
