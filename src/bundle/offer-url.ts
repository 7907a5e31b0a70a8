/** Offer URLs: `[SOURCE:][USER/]MODEL.APPLICATION[:ENDPOINT]`, checked as far as Juju checks them in a bundle. */
import { APPLICATION_NAME, ENDPOINT_NAME, MODEL_NAME } from './names.ts';

const OFFER = /^\/?(?:[^/]+\/)?([^./]+)\.([^/]+)$/;

export function isOfferUrl(url: string): boolean {
  const match = OFFER.exec(withoutSource(url));
  const [, model = '', application = ''] = match ?? [];
  return !url.startsWith(':') && match !== null && MODEL_NAME.test(model) && APPLICATION_NAME.test(application.split(':')[0] ?? '');
}

/** With two colons the first part names a controller; with one it does unless what follows is an endpoint. */
function withoutSource(url: string): string {
  const parts = url.split(':');
  if (parts.length === 3) return parts.slice(1).join(':');
  return parts.length === 2 && !ENDPOINT_NAME.test(parts[1] ?? '') ? (parts[1] ?? '') : url;
}
