import Datasets
import Foundation
import Imaging
import Kernels
import NeuralFields
import TestSupport
import Testing
import Training
import VolumeRendering

@Suite("Evaluation")
struct EvaluationTests {
  static let renderer = Renderer(
    settings: RenderSettings(samplesPerDiagonal: 100, threadCount: 1))

  static func evaluation(of field: some RadianceField, views: [PosedImage]) -> Evaluation {
    Evaluation(
      of: field, grid: OccupancyGrid(of: field, resolution: 16, threadCount: 1), views: views,
      renderer: renderer)
  }

  /// A picture of one grey, as a view.
  static func grey(_ value: Float) -> PosedImage {
    let camera = Camera(
      lookingFrom: [0, 0, 3], at: .zero, horizontalFieldOfView: 0.7, width: 12, height: 12)
    return PosedImage(
      image: Image(width: 12, height: 12, channelCount: 3, repeating: value), camera: camera,
      name: "grey")
  }

  @Test("a field is as good as perfect against its own pictures")
  func itself() {
    let field = BallField()
    let evaluation = Self.evaluation(
      of: field, views: TrainingFixture.views(of: field, count: 3, size: 16))
    #expect(evaluation.psnr > 50)
    #expect(evaluation.ssim > 0.999)
    #expect(evaluation.viewCount == 3)
    #expect(evaluation.nonFinitePixelCount == 0)
  }

  @Test("PSNR is that of 8-bit pictures over white, per view and then averaged")
  func means() {
    let empty = HomogeneousField(bound: TinyModels.cube, density: 0)
    // Against white, errors of 51/255 and 127/255: 0.5 is stored as 128.
    let found = Self.evaluation(of: empty, views: [Self.grey(0.8), Self.grey(0.5)])
    let expected = -10 * (log10(0.04) + log10(127.0 * 127 / 255 / 255))
    #expect(abs(found.psnr - expected / 2) < 1e-4)
    #expect(found.viewCount == 2)
  }

  @Test("another scene's pictures are worse")
  func other() {
    let views = TrainingFixture.views(of: BallField(), count: 2, size: 16)
    let other = BallField(centre: [0.3, 0.2, 0], radius: 0.5)
    let evaluation = Self.evaluation(of: other, views: views)
    #expect(evaluation.psnr < 25 && evaluation.ssim < 0.9)
  }

  /// A field that gives no numbers.
  private struct FaultyField: RadianceField {
    let bound = TinyModels.cube

    func evaluate(_ batch: inout FieldBatch) {
      for i in 0..<batch.count { batch.density[i] = .nan }
    }
  }

  @Test("pixels that are not numbers are counted over all views")
  func notANumber() {
    let field = FaultyField()
    func evaluation(_ views: [PosedImage]) -> Evaluation {
      Evaluation(
        of: field, grid: OccupancyGrid(fullyOccupied: CellGrid(bound: field.bound, resolution: 4)),
        views: views, renderer: Self.renderer)
    }
    let one = evaluation([Self.grey(1)])
    #expect(one.nonFinitePixelCount > 0)
    #expect(
      evaluation([Self.grey(1), Self.grey(0)]).nonFinitePixelCount == 2 * one.nonFinitePixelCount)
    #expect(one.psnr == Evaluation.highestPSNR)
  }
}
