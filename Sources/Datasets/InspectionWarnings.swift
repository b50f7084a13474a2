import Files
import NeuralFields

/// What may go wrong with a data set and a bound, and what to do about it.
struct InspectionWarnings {
  let scenes: [DatasetInspection.Scene]
  let bound: SceneBound
  let suggestedBound: SceneBound
  let coverage: BoundCoverage

  /// One line per warning.
  var lines: [String] {
    [
      missedContent, oversizedBound, contradictingSilhouettes, guessedDepths, emptyViews,
      noTestViews,
    ]
    .compactMap { $0 }
  }

  /// Rays that show something and miss the bound can only be learnt as wrong colours.
  private var missedContent: String? {
    guard coverage.contentShare < 0.99 else { return nil }
    let missing = (1 - coverage.contentShare).percentage
    return "\(missing) of the rays that show something miss the bound: " + suggestion
  }

  /// Samples are spent on all of the bound, so one that is far too large leaves few for the scene.
  private var oversizedBound: String? {
    let ratio = (bound.box.extent / suggestedBound.box.extent).min()
    guard bound.source == .given, ratio > 2 else { return nil }
    return "the bound is at least \(ratio.text(decimals: 1)) times as wide as the scene: "
      + suggestion
  }

  /// How to change a given bound so that it holds the estimated one.
  private var suggestion: String {
    let box = suggestedBound.box
    let text = "the pictures suggest \(box.rangesText)"
    guard bound.source == .given else { return text }
    let reach = pointwiseMax(
      (box.maximum - bound.box.centre).magnitudes, (box.minimum - bound.box.centre).magnitudes)
    let scale = (reach / (bound.box.extent * 0.5)).max()
    return "scale it by \(scale.text(decimals: 2)); \(text)"
  }

  /// Poses in another convention leave no point of space that all pictures show.
  ///
  /// Of a scene that moves, few pictures of a time leave the silhouettes out.
  private var contradictingSilhouettes: String? {
    let affected = scenes.filter {
      $0.background != "photograph" && $0.bound.source != .silhouettes && $0.timeCount == nil
    }
    guard let first = affected.first else { return nil }
    return
      "the silhouettes contradict the cameras in \(affected.count) of \(scenes.count) scenes, first in "
      + "\(first.name.onOneLine): check that transform_matrix is camera to world with x right, "
      + "y up, looking along -z"
  }

  private var guessedDepths: String? {
    let affected = scenes.filter { $0.bound.source == .parallax }
    guard let first = affected.first else { return nil }
    return "the cameras look one way and no near and far are stated in \(affected.count) of "
      + "\(scenes.count) scenes, first in \(first.name.onOneLine): the bound is a guess from parallax"
  }

  private var emptyViews: String? {
    guard coverage.emptyViewCount > 0 else { return nil }
    return "of the views \(coverage.emptyViewCount) show nothing but background"
  }

  private var noTestViews: String? {
    let count = scenes.count { $0.testCount == 0 }
    guard count > 0 else { return nil }
    return "\(count) of \(scenes.count) scenes without test views: nothing to measure a model with"
  }
}
