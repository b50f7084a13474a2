import Foundation
import VolumeRendering

/// What skipping empty space lost of a picture, for people and for `--json`.
struct SkippingReport: Encodable {
  /// Of all rays, up to their ends.
  let intervals: Int
  let skippedIntervals: Int
  /// Skipped intervals that held density one could see.
  let lostIntervals: Int
  /// The opacity that a ray lost: the largest, and the mean over rays.
  let largestLoss: Double
  let meanLoss: Double
  /// Pixels that changed by more than a level of 8 bits.
  let changedPixels: Int
  /// Of the picture against that without skipping, dB; 100 where they are equal.
  let psnr: Double

  init(_ report: OccupancyCheck.Report) {
    intervals = report.intervalCount
    skippedIntervals = report.skippedIntervalCount
    lostIntervals = report.lostIntervalCount
    largestLoss = Double(report.largestLoss)
    meanLoss = report.meanLoss
    changedPixels = report.holePixelCount
    psnr = min(report.psnr, 100)
  }

  /// One line.
  var text: String {
    String(
      format:
        "verified: skipping changed %@ by more than a level; of %d skipped intervals %d held density, "
        + "lost opacity %.4f at most and %.6f on average, PSNR %.2f dB",
      changedPixels == 0 ? "no pixel" : ProgressReporter.count(changedPixels, "pixel"),
      skippedIntervals, lostIntervals, largestLoss,
      meanLoss, psnr)
  }
}
