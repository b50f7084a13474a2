import Checkpoints
import Fitting
import Foundation
import NeuralFields
import VolumeRendering

/// What a fit to a sequence found, for people and programs.
struct SequenceFitReport: Encodable {
  var schema = 1
  let name: String
  /// Whether nothing speaks against it.
  let isTrusted: Bool
  /// Why not, as words for programs, and as sentences.
  let reasons: [Mistrust]
  let explanations: [String]
  /// The mean over some of the frames of the fitted views, dB, and of their outlines' likeness, 0…1.
  let psnr: Double
  let outlineLikeness: Double
  let frames: Int
  let cameras: Int
  let path: Path
  /// Of the held-out pixels before the first step and at the end, dB; missing where none were.
  let psnrBefore: Double?
  let psnrAfter: Double?
  /// Not in the latent file: the same fit takes another time elsewhere.
  var seconds: Double?
  /// What the command was expected to need at its peak; as the time, not part of the latent.
  var memoryBytes: Int?

  struct Path: Encodable {
    let curve: LatentTrajectory.Curve
    let keys: Int
    let loops: Bool
    /// How long it lasts when it is played.
    let playedSeconds: Float
    /// The greatest |y| over the frames, in the prior's standard deviations.
    let distance: Double
    /// Beyond which codes are unlike the model's.
    let shellRadius: Double
    let steps: Int
    /// mean, or what of the model the path began as.
    let start: String
    /// Where in that scene's motion the sequence begins, 0…1.
    let startTime: Double?
    /// Whether the model has scenes that move; without them the pictures alone say what motion is.
    let knowsMotion: Bool
  }

  init(
    _ fit: SequenceFit, sequence: FitSequence, assessment: FitAssessment, name: String,
    model: FitModel
  ) {
    self.name = name
    isTrusted = assessment.isTrusted
    reasons = assessment.reasons
    explanations = assessment.reasons.map(\.explanation)
    psnr = assessment.psnr
    outlineLikeness = assessment.outlineLikeness
    frames = sequence.frames.count
    cameras = sequence.cameraCount
    var startTime: Double?
    let start: String
    switch fit.start {
    case .mean: start = "mean"
    case .rest(let row): start = model.codes.names[row]
    case .scene(let trajectory, let phase):
      start = trajectory.scene
      startTime = phase
    }
    path = Path(
      curve: fit.trajectory.curve, keys: fit.keys.count, loops: fit.trajectory.loops,
      playedSeconds: fit.trajectory.seconds, distance: assessment.distance,
      shellRadius: assessment.shellRadius, steps: fit.stepCount, start: start,
      startTime: startTime, knowsMotion: model.checkpoint.configuration.motion != nil)
    psnrBefore = fit.heldOutBefore
    psnrAfter = fit.heldOutAfter
  }

  /// One line for people.
  var summary: String {
    var parts = [
      String(format: "%.2f dB on the frames", psnr),
      cameras == 1 ? "one fixed camera" : "\(cameras) cameras",
      "\(path.keys) keys, begun as \(path.start)"
        + (path.startTime.map { String(format: " from its time %.2f", $0) } ?? " at rest"),
    ]
    if let psnrBefore, let psnrAfter {
      parts.append(
        String(format: "%+.2f dB on held-out pixels since", psnrAfter - psnrBefore))
    }
    if let seconds { parts.append(String(format: "%.1f s", seconds)) }
    return parts.joined(separator: ", ")
  }
}
