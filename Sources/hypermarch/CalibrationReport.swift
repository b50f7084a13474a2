import Fitting
import Foundation

/// How often unseen pixels lie inside a posterior's bands, for people and programs.
struct CalibrationReport: Codable {
  /// Of all values of the test views, and of those of pixels in which picture or draws show the object:
  /// empty background is trivially right.
  let all: Bands
  let object: Bands
  /// Of the draws' mean on the test views, dB.
  let meanPsnr: Double

  struct Bands: Codable {
    let values: Int
    /// Shares inside the central bands of 50, 80 and 90 %.
    let inside50: Double
    let inside80: Double
    let inside90: Double
    /// The mean of |share inside − share of the band| over the bands 5 %, 10 % … 95 %.
    let expectedError: Double
    /// What the shares are of, for sums over objects; nil once it was read from a file.
    private(set) var tally: Calibration?

    enum CodingKeys: CodingKey {
      case values, inside50, inside80, inside90, expectedError
    }

    init(_ tally: Calibration) {
      self.tally = tally
      values = tally.count
      inside50 = tally.coverage(of: 0.5)
      inside80 = tally.coverage(of: 0.8)
      inside90 = tally.coverage(of: 0.9)
      expectedError = tally.expectedError
    }

    fileprivate var text: String {
      String(
        format: "%5.1f  %5.1f  %5.1f %% inside the 50, 80, 90 %% bands, error %.3f", 100 * inside50,
        100 * inside80, 100 * inside90, expectedError)
    }
  }

  init(all: Calibration, object: Calibration, meanPsnr: Double) {
    self.all = Bands(all)
    self.object = Bands(object)
    self.meanPsnr = meanPsnr
  }

  /// The values of several objects together; nil for none, or for some that were read from a file.
  init?(_ parts: [CalibrationReport]) {
    guard !parts.isEmpty else { return nil }
    var (all, object) = (Calibration(), Calibration())
    for part in parts {
      guard let own = part.all.tally, let shown = part.object.tally else { return nil }
      all.add(own)
      object.add(shown)
    }
    self.init(
      all: all, object: object,
      meanPsnr: parts.reduce(0) { $0 + $1.meanPsnr } / Double(parts.count))
  }

  var lines: [(name: String, text: String)] {
    [
      ("draws' mean", String(format: "%6.2f dB", meanPsnr)), ("all pixels", all.text),
      ("object pixels", object.text),
    ]
  }
}
