/** The trust that is built in: the root key of the account `canonical`, as numbers (facts/snap-store.md 3.7); never fetched, never written. */
import { publicKey } from './public-key.ts';
import type { TrustRoots } from './trust-roots.ts';

export const CANONICAL_ROOT_ID = '-CvQKAwRQ5h3Ffn10FILJoEZUXOv6km9FwA80-Rcj-f-6jadQ89VRswHNiEB9Lxk';

const MODULUS = [
  'e19768dc25692a64de72377754306215b65328a85c1b4515dc55f1c8621ed94b1d9c9224b383645583bea98934cd6dba4afa5ae4e20e2463b635c80df5ba4261',
  '664eb9f3b5c53982ee35bf7c4b6a2695fc29cab6d3e5f901aaea27944156718bae5cfe653f7d687751678610d97519be16de97359374ae7ed9e3125cdac58cee',
  '96c0687d3517a413f34804dc2f50b02d2799efd4ac19692a59fa4949aecb541073e1b3e3461a6d40aeed35145977716526e40a3c8bdcbea4570fa1a45ab60b69',
  '614f2683d80fe7de25bf226a8c5a1f5ef1cfc33b66c92a9f155029e202cb7cbbd1c5b5e439f3d4cfc82e89daaf83aaf80d40fe902063298a13e383e32ba979d4',
  'ccc42f6204cba8dd9c54e08c76da60c2fcff9369b8fbbc5e24a30a939378d47e5cacd70b6b47454ee3d3d5dde38bca4613e4d077385ec3cd056a9fadc6dd5a6c',
  '2c1618dfc450c96a33aa873595a2245ce68a41e6ca1c6d18cb7fe818b677317bdf680b614303615c7ed945a32ced868d1b0337857abd481c920c616c4a3044a3',
  'bc9504a6730c2a920c618d107d6128e615d1d13693f8dc56d99f49a9c960cb0d77cb9898ef66696ab1d2eba27e0bb7710843acc25c35ca936273a30cfcece969',
  'f210d74c804f71de44225040e3924936a895df96a56b10c1e602cb03dcbbd4bec02a3a0ab3f3242088c4e0275e32d8bf6ca44c98dea4d276f86675587d947897',
  '49e6c47c7e9c7146ea6a1ee10a35167ed82a8b9850b990736cce81a894b12f19c2b80497223b82a28672adc6b75775424838f04b92d03c5e288748e98bcecd82',
  '16372f943b8f4a97bae0720be720b13b5fc646ec780352a1b75f83a93acbec38f2216faf20fae80353d0c2470027249c351c53e1b3e9523f207805d67779f6d7',
  '65beed0547b901057b3bd70b919b33247e5e3e3b14e15c15c499203d614d912eb8c0fe0316811d02b03df071d5aad5284d4e864b8a1de485b5944ff0af25dea8',
  'f95b4b08c71216d7d5bc6b38aef19783313fa720426b26f871cc611dc700aba77936ffdde80d5ee0fa76f56467c886d99cacace28a3821ccf2da61a88cf4b820',
  'ab04c045e964df14b377cfae9372cf5ee5657cff3fc47029b2ceac084df1938f85dce19b2fb1db1ae0a7a2e95fefde5728b453cbec54ffbf2988e30d24942ef8',
  '6d2531920eddc66b3fa8a83180dafa30d9c385787c145671efc50373add5e203c42ab9bfebdf2b0f877d49567239ba55440815961b2be2f38fa9a95e7f3506e8',
  '06dddf8cd1634539b5c8ad46e19ca71892eb374d227d335a0c108329d167c518055377ad6edfa7dd8b67beff16cb37491b61c15167077d0a6b44783674798c7f',
  'a6f28a68dcff0df52bd29895091c31bb1434915a699251cf3b8b0e4c565421df0a2c7836f0b6eccefba94ac1cffe71e55bc979fd52bae3e2b1455d97a1fb149f',
].join('');
const EXPONENT = '010001';

/** RSA of 8192 bits, valid since 2016-04-01 without an end. */
export const CANONICAL_ROOT: TrustRoots = {
  keys: [
    {
      id: CANONICAL_ROOT_ID,
      account: 'canonical',
      name: 'root',
      since: Date.UTC(2016, 3, 1),
      constraints: [],
      publicKey: publicKey(Buffer.from(MODULUS, 'hex'), Buffer.from(EXPONENT, 'hex'), 'the built-in root key'),
    },
  ],
  accounts: ['canonical'],
};
