import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectModal } from '../../../collectors/modal-api/connect.ts';
import { modalRates } from '../../../collectors/modal-rates/modal-rates.ts';
import {
  FAKE_CREDENTIALS,
  type FakeModal,
  startFakeModal,
} from '../../support/fake-modal/fake-modal.ts';

let modal: FakeModal;

beforeEach(async () => {
  modal = await startFakeModal();
  process.env.MODAL_SERVER_URL = modal.url;
});

afterEach(async () => {
  delete process.env.MODAL_SERVER_URL;
  await modal.close();
});

const options = () => ({ now: 1_000, signal: new AbortController().signal });

test('the workspace’s own prices come through the real client', async () => {
  modal.rates = { gpu_hour_cost_l40s: '1.95', cpu_hour_cost: '0.0473' };
  modal.deprecationWarnings = { gpu_hour_cost_l40s: 'renamed soon' };
  const list = await modalRates(() => connectModal(FAKE_CREDENTIALS)).read(options());
  expect(list.prices.map((price) => price.gpu ?? price.resource)).toEqual(['L40S', 'cpu']);
  expect(list.prices[0]).toMatchObject({ picoUsdPerSecond: 541_666_667, effectiveFrom: 1_000 });
  expect(list.warnings).toEqual(['gpu_hour_cost_l40s: renamed soon']);
});

test('a wrong token is an auth error', async () => {
  const source = modalRates(() => connectModal({ tokenId: 'ak-x', tokenSecret: 'as-x' }));
  await expect(source.read(options())).rejects.toMatchObject({ code: 'auth', retryable: false });
});

test('an answer of another shape is bad data', async () => {
  const source = modalRates(async () => ({ workspaceBillingRates: async () => ({ rates: 7 }) }));
  await expect(source.read(options())).rejects.toMatchObject({ code: 'bad_data' });
});
