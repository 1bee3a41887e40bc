//! Work that is not done at the deadline.

use futures::FutureExt;

use super::*;

#[tokio::test(start_paused = true)]
async fn unfinished_chunks_are_returned_before_the_deadline() {
    let deadline = later();
    let outcome = process_until(deadline, numbers(0..50), async |items: &[usize]| {
        if items.contains(&0) {
            std::future::pending::<()>().await;
        }
        all_done(items).await
    });
    let chunk: Vec<_> = (0..25).map(|number| format!("m{number}")).collect();
    assert_eq!(failed(outcome.await), chunk);
    assert_eq!(Instant::now(), deadline);
}

#[tokio::test(start_paused = true)]
async fn hanging_chunks_of_many_are_returned_and_no_other() {
    let hangs = |number: usize| number % 7 == 0;
    let commit = async |items: &[usize]| {
        if hangs(items[0]) {
            std::future::pending::<()>().await;
        }
        all_done(items).await
    };
    let processor = Processor::new(decode, same, same, commit).chunk_size(1);
    let deadline = later();
    let outcome = processor.process(numbers(0..60), deadline).await.unwrap();
    assert_eq!(Instant::now(), deadline);
    let hanging: Vec<_> =
        (0..60).filter(|number| hangs(*number)).map(|number| format!("m{number}")).collect();
    assert_eq!(failed(outcome), hanging);
}

struct PanicOnDrop;

impl Drop for PanicOnDrop {
    fn drop(&mut self) {
        panic!("on purpose");
    }
}

#[tokio::test(start_paused = true)]
async fn panic_in_a_dropped_commit_fails_its_chunk() {
    let failures = failures_of(numbers(0..60), async |items: &[usize]| {
        if items.contains(&30) {
            let _held = PanicOnDrop;
            std::future::pending::<()>().await;
        }
        all_done(items).await
    });
    let chunk: Vec<_> = (25..50).map(|number| format!("m{number}")).collect();
    assert_eq!(failures.await, chunk);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_decoded_after_the_deadline() {
    let decoded = Cell::new(false);
    let decode = |body: &str| {
        decoded.set(true);
        decode(body)
    };
    let processor = Processor::new(decode, same, same, all_done);
    let outcome = processor.process(numbers(0..3), Instant::now()).await.unwrap();
    assert_eq!(outcome.counts, BatchCounts { retried: 3, ..BatchCounts::default() });
    assert_eq!(failed(outcome), ["m0", "m1", "m2"]);
    assert!(!decoded.get());
}

#[tokio::test(start_paused = true)]
async fn commit_is_skipped_when_no_time_is_left() {
    let prepare = |number: &usize| {
        // The clock moves when the future is first polled.
        let _ = tokio::time::advance(Duration::from_secs(5)).now_or_never();
        *number
    };
    let (decoded, committed) = (Cell::new(0), Cell::new(false));
    let decode = |body: &str| {
        decoded.set(decoded.get() + 1);
        decode(body)
    };
    let commit = async |items: &[usize]| {
        committed.set(true);
        all_done(items).await
    };
    let processor = Processor::new(decode, same, prepare, commit);
    let outcome = processor.process(numbers(0..3), later()).await.unwrap();
    assert_eq!(failed(outcome), ["m0", "m1", "m2"]);
    assert_eq!(decoded.get(), 2, "the third is not decoded");
    assert!(!committed.get());
}
