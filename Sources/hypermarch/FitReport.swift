import Checkpoints
import Fitting
import Foundation
import NeuralFields
import VolumeRendering

/// What a fit found, for people and programs.
struct FitReport: Encodable {
  var schema = 1
  let name: String
  /// Whether nothing speaks against it.
  let isTrusted: Bool
  /// Why not, as words for programs, and as sentences.
  let reasons: [Mistrust]
  let explanations: [String]
  /// Of the fitted views, dB.
  let psnr: Double
  /// Intersection over union, 0…1.
  let outlineLikeness: Double
  let code: Code
  /// Of the first picture; found, where `search` is there.
  let camera: Position
  let search: Search?
  let refinement: Refined?
  /// The axis across which the model's scenes are symmetric, where they are.
  let symmetryAxis: String?
  /// Where scenes were drawn from the posterior.
  var posterior: Draws?
  /// Not in the latent file: the same fit takes another time elsewhere.
  var seconds: Double?
  /// What the command was expected to need at its peak; as the time, not part of the latent.
  var memoryBytes: Int?

  struct Code: Encodable {
    /// |y|, in the prior's standard deviations.
    let distance: Double
    /// Beyond which codes are unlike the model's.
    let shellRadius: Double
    let steps: Int
    /// mean, given, or the name of a training scene.
    let start: String
    let nearestScenes: [String]
  }

  struct Position: Encodable {
    /// Degrees about +z from the +x axis, and above the horizon; scene units from the target.
    let azimuth: Double
    let elevation: Double
    let distance: Double
  }

  struct Search: Encodable {
    let confidence: Double
    let steps: Int
    let hypotheses: [Hypothesis]
  }

  struct Hypothesis: Encodable {
    let camera: Position
    /// Of the held-out pixels, dB.
    let psnr: Double
  }

  struct Refined: Encodable {
    let rank: Int
    let steps: Int
    /// Of the held-out pixels, dB.
    let psnrBefore: Double
    let psnrAfter: Double
    let decibelsGained: Double
    let bytes: Int
  }

  struct Draws: Encodable {
    let method: String
    let samples: Int
    /// Of a covered pixel, in the units of its values.
    let noise: Float
    /// Of the code's directions, how many the pictures decide.
    let determinedDirections: Double
    let acceptedShare: Double?
    let bytes: Int

    init(_ posterior: Posterior) {
      method = posterior.latent.method
      samples = posterior.latent.codes.count
      noise = posterior.latent.noise
      determinedDirections = posterior.determinedDirections
      acceptedShare = posterior.acceptedShare
      bytes = posterior.latent.byteCount
    }
  }

  init(_ result: FitResult, name: String, model: FitModel, rank: Int) {
    let assessment = result.assessment
    let names = model.codes.names
    let target = model.checkpoint.configuration.defaultView.target
    self.name = name
    isTrusted = assessment.isTrusted
    reasons = assessment.reasons
    explanations = assessment.reasons.map(\.explanation)
    psnr = assessment.psnr
    outlineLikeness = assessment.outlineLikeness
    let start =
      switch result.code.start {
      case .mean: "mean"
      case .given: "given"
      case .scene(let index): names[index]
      }
    code = Code(
      distance: assessment.distance, shellRadius: assessment.shellRadius,
      steps: result.code.stepCount, start: start,
      nearestScenes: model.nearestScenes(to: result.latent.code, count: 3).map { names[$0] })
    camera = Position(result.views[0].camera, target: target)
    search = result.search.map { search in
      Search(
        confidence: search.confidence, steps: search.stepCount,
        hypotheses: search.hypotheses.map { hypothesis in
          Hypothesis(
            camera: Position(hypothesis.camera, target: target),
            psnr: -10 * log10(max(hypothesis.loss, 1e-10)))
        })
    }
    refinement = result.refinement.map { refinement in
      Refined(
        rank: rank, steps: refinement.stepCount, psnrBefore: refinement.heldOutBefore,
        psnrAfter: refinement.heldOutAfter,
        decibelsGained: refinement.heldOutAfter - refinement.heldOutBefore,
        bytes: refinement.byteCount)
    }
    symmetryAxis = model.mirror.map { ["x", "y", "z"][$0.axis] }
  }

  /// One line for people.
  var summary: String {
    var parts = [String(format: "%.2f dB on the pictures", psnr)]
    if search != nil {
      parts.append(
        String(format: "camera at azimuth %.0f°, elevation %.0f°", camera.azimuth, camera.elevation)
      )
    }
    if let refinement {
      parts.append(
        String(
          format: "refined: %+.2f dB on held-out pixels for %d bytes", refinement.decibelsGained,
          refinement.bytes))
    }
    if let posterior {
      parts.append(
        String(
          format: "%d draws for %d bytes, %.0f directions decided by the pictures",
          posterior.samples, posterior.bytes, posterior.determinedDirections))
    }
    if let seconds { parts.append(String(format: "%.1f s", seconds)) }
    return parts.joined(separator: ", ")
  }
}

extension FitReport.Position {
  init(_ camera: Camera, target: SIMD3<Float>) {
    let offset = camera.position - target
    let horizontal = (offset.x * offset.x + offset.y * offset.y).squareRoot()
    self.init(
      azimuth: Double(atan2(offset.y, offset.x)) * 180 / .pi,
      elevation: Double(atan2(offset.z, horizontal)) * 180 / .pi, distance: Double(offset.length))
  }
}
