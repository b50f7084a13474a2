import ArgumentParser
import Checkpoints
import Fitting

/// Whether scenes are drawn from the posterior of a fit, and how.
struct PosteriorOptions: ParsableArguments {
  @Flag(help: "Also draw scenes that the pictures may show, from the posterior.")
  var posterior = false

  @Option(
    help: ArgumentHelp(
      "randomized, the default: optima of pictures and a prior that were moved at random. laplace: a "
        + "Gaussian around the fit. hamiltonian: chains from the prior, for several modes.",
      valueName: "method"))
  var posteriorMethod: PosteriorSettings.Method?

  func validate() throws {
    try check("--posterior-method", isUsed: posteriorMethod != nil)
  }

  /// Refuses an option that means nothing without a posterior.
  private func check(_ name: String, isUsed: Bool) throws {
    if isUsed && !posterior {
      throw ValidationError("\(name): found it alone, expected --posterior beside it")
    }
  }

  /// Checks how many draws are asked for by a command's own option.
  func checkCount(_ count: Int?, option: String) throws {
    try check(option, isUsed: count != nil)
    if let count, !(1...LatentPosterior.sampleLimit).contains(count) {
      throw ValidationError(
        "\(option): found \(count), expected 1…\(LatentPosterior.sampleLimit)")
    }
  }

  /// nil: no posterior is asked for.
  func settings(sampleCount: Int?) -> PosteriorSettings? {
    guard posterior else { return nil }
    var settings = PosteriorSettings()
    settings.sampleCount = sampleCount ?? settings.sampleCount
    settings.method = posteriorMethod ?? settings.method
    return settings
  }
}

extension PosteriorSettings.Method: ExpressibleByArgument {}
